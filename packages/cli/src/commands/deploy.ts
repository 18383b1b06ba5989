import { Refusal, StrategySetting } from "@sluice/documents";
import { Argument, type Command, Option } from "commander";
import {
  type EnvironmentOptions,
  environmentCommand,
  labelsOption,
  names,
  planOutput,
  printResult,
} from "../session.ts";

interface Options extends EnvironmentOptions {
  despiteAlerts: boolean;
  version?: string;
  services?: string[];
  release?: string;
  strategy?: StrategySetting;
  dryRun: boolean;
}

/** `deploy <service> <version> <environment> [strategy]` works in that order too (R106). */
export const deployCommand = (): Command =>
  environmentCommand("deploy", "roll a release out and take it back when it is bad", [
    "sluice deploy -e production --version 2.1.0",
    "sluice deploy orders 2.1.0 production canary",
    "sluice deploy -e staging --services web --dry-run",
  ])
    .argument("[service]", "service to deploy (all of the release when left out)")
    .argument("[version]", "version of the release")
    .argument("[environment]", "the environment")
    .addArgument(new Argument("[strategy]", "how").choices(StrategySetting.options))
    .option("--version <version>", "version of the release")
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .option("--release <file>", "release document that `sluice build` wrote (the one in --out when left out)")
    .addOption(
      new Option("--strategy <strategy>", "instead of the configured one").choices(StrategySetting.options),
    )
    .addOption(labelsOption())
    .option("--despite-alerts", "begin although critical alerts fire, because this mends them", false)
    .option("--dry-run", "show what would be done and change nothing", false)
    .action(
      async (
        service: string | undefined,
        version: string | undefined,
        environment: string | undefined,
        strategy: StrategySetting | undefined,
        options: Options,
        command: Command,
      ) => {
        refuseTwice(command, { version, environment, strategy, services: service });
        const merged: Options = {
          ...options,
          environment: environment ?? options.environment,
          version: version ?? options.version,
          services: service ? [service] : options.services,
          strategy: strategy ?? options.strategy,
        };
        await printResult(merged, (context, { deployStage, planStage }) =>
          merged.dryRun
            ? planStage(context, { ...merged, diff: true, show: planOutput(merged) })
            : deployStage(context, { ...merged, releasePath: merged.release }),
        );
      },
    );

/** What is said by its place and again by an option could be two different things. */
function refuseTwice(command: Command, byPlace: Record<string, string | undefined>): void {
  const twice = Object.entries(byPlace).find(
    ([name, value]) => value !== undefined && command.getOptionValueSource(name) === "cli",
  );
  if (!twice) return;
  const [name, value] = twice;
  throw new Refusal({
    reasonCode: "config.contradiction",
    message: `\`${value}\` is given by its place, and \`--${name}\` besides.`,
    remedy: `Leave one of them out: \`sluice deploy <service> <version> <environment> [strategy]\`, or options alone.`,
  });
}
