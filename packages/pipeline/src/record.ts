import { type Entry, isMeasurement } from "@sluice/journal";
import type { RolloutEvent } from "@sluice/rollout";
import type { Context } from "./context.ts";

/** Writes what a rollout says into the journal of the run. */
export const recordIn =
  ({ journal }: Pick<Context, "journal">) =>
  async ({ type, data, service }: RolloutEvent): Promise<void> => {
    const entry = { type, data, ...(service ? { service } : {}) } as Entry;
    if (isMeasurement(entry)) await journal.measure(entry);
    else await journal.appendAll([entry]);
  };
