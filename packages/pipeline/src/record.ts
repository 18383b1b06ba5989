import type { Entry } from "@sluice/journal";
import type { RolloutEvent } from "@sluice/rollout";
import type { Context } from "./context.ts";

/** Writes what a rollout says into the journal of the run. */
export const recordIn =
  ({ journal }: Pick<Context, "journal">) =>
  async ({ type, data, service }: RolloutEvent): Promise<void> => {
    await journal.appendAll([{ type, data, ...(service ? { service } : {}) } as Entry]);
  };
