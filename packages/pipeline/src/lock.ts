import { isOwnerGone } from "@sluice/store";
import type { Context } from "./context.ts";

/** A lock that nobody renews is free again after this time; it is renewed three times as often. */
const ttlSeconds = 60;

/**
 * Holds the lock of the environment while the body works, and gives it back whatever happens.
 *
 * @throws Refusal `run.locked` when another run holds it
 */
export async function withLock<T>(
  context: Context,
  body: (fence: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const { journal, owner } = context;
  if (journal.fence() !== null) return body(() => journal.renew());
  const lock = await journal.lock({ owner, ttlSeconds, isGone: isOwnerGone });
  let lost: unknown;
  const renewal = setInterval(
    () => {
      lock.renew().catch((error: unknown) => {
        lost = error;
      });
    },
    (ttlSeconds * 1000) / 3,
  );
  try {
    return await body(async () => {
      if (lost) throw lost;
    });
  } finally {
    clearInterval(renewal);
    await lock.release();
  }
}
