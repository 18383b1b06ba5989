import { Command } from "commander";
import type { PlanRequest } from "../judge/plan.ts";

interface Options extends PlanRequest {
  json: boolean;
}

export const judgePlanCommand = (): Command =>
  new Command("plan")
    .description("how soon regressions would be found at a given traffic, and steps that find them sooner")
    .requiredOption("--rate <requests>", "requests of both versions together, with their time, such as 100/s")
    .requiredOption(
      "--error-ratio <percent>",
      "share of requests that the running version fails, such as 0.1%",
    )
    .option("--steps <list>", "weights in percent with their pauses (default: those of the configuration)")
    .option("--latency <percentiles>", "latency of the running version, such as p50=120ms,p99=400ms")
    .option("--config <file>", "configuration of the environment, such as .deploy/production-config.yaml")
    .option("--service <name>", "service whose configuration holds")
    .option(
      "--exposure <responses>",
      "failed responses that five times as many errors may cost until they are found, for the proposal",
      "25",
    )
    .option("--json", "print the answer as JSON", false)
    .addHelpText(
      "after",
      `
Examples:
  $ sluice judge plan --rate 100/s --error-ratio 0.1%
  $ sluice judge plan --rate 100/s --error-ratio 0.1% --steps 5:10m,25:10m,50:15m
  $ sluice judge plan --rate 6000/m --error-ratio 1% --latency p50=120ms,p99=400ms --exposure 50
  $ sluice judge plan --rate 20/s --error-ratio 0.5% --config .deploy/production-config.yaml --service orders`,
    )
    .action(async (options: Options) => {
      const { planFor } = await import("../judge/plan.ts");
      const { document, text } = await planFor(options);
      process.stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : text);
    });
