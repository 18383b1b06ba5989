import type { Command } from "commander";
import { operatorCommand } from "./operator.ts";

export const haltCommand = (): Command =>
  operatorCommand(
    "halt",
    "stop the rollout that another run carries out, and leave the traffic as it is",
    ["sluice halt -e production", 'sluice halt -e production --reason "the pager rings" --wait 30s'],
    (context, { haltRollouts }, options) => haltRollouts(context, options),
    "held",
  );
