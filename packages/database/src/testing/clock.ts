import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@sluice/ports";

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    signal?.throwIfAborted();
    await wait(milliseconds, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};
