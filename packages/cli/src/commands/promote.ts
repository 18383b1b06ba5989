import type { Command } from "commander";
import { operatorCommand } from "./operator.ts";

export const promoteCommand = (): Command =>
  operatorCommand<{ full: boolean }>(
    "promote",
    "let the rollout go on that waits in a step, in another run or after it was halted",
    ["sluice promote -e production", 'sluice promote -e production --full --reason "checked by hand"'],
    (context, { promoteRollouts }, { full: isFull, ...options }) =>
      promoteRollouts(context, { ...options, isFull }),
  ).option("--full", "leave out all steps that are left, with their analysis", false);
