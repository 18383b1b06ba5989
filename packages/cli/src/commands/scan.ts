import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, names, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  only?: string[];
  base?: string;
}

export const scanCommand = (): Command =>
  environmentCommand("scan", "look for secrets and vulnerable dependencies, write SARIF and SBOMs", [
    "sluice scan -e staging",
    "sluice scan -e staging --only secrets --base v2.0.0",
  ])
    .option("--only <scanners>", "secrets, dependencies, sbom (all that are configured when left out)", names)
    .option("--base <commit>", "scan the commits after this one for secrets too")
    .action((options: Options) =>
      printResult({ ...options, isCheck: true }, (context, { scanStage }) => scanStage(context, options)),
    );
