import { Refusal } from "@sluice/documents";
import type { Journal, Lock } from "@sluice/journal";
import type { Clock } from "@sluice/ports";
import type { Context } from "./context.ts";

/** Asked before every change; throws when the lock may belong to somebody else by now. */
type Fence = () => Promise<void>;

/** The fence of a run that holds the lock already, for what it does inside. */
const fences = new WeakMap<Journal, Fence>();

/**
 * Holds the lock of the environment while the body works, and gives it back whatever happens. It is renewed three
 * times as often as it would end. Inside of a body that holds it, it is held already.
 *
 * @throws Refusal `run.locked` when another run holds it
 */
export async function withLock<T>(
  { journal, owner, clock, lockTerms }: Pick<Context, "journal" | "owner" | "clock" | "lockTerms">,
  body: (fence: Fence) => Promise<T>,
): Promise<T> {
  const held = fences.get(journal);
  if (held) return body(held);
  const lock = await journal.lock({ owner, ...lockTerms });
  const kept = keep(lock, clock, lockTerms.ttlSeconds / 3);
  fences.set(journal, kept.fence);
  try {
    return await body(kept.fence);
  } finally {
    fences.delete(journal);
    kept.stop();
    await lock.release();
  }
}

/**
 * Renews a lock until it is told to stop. A renewal that fails does not lose the lock: nobody else has it before its
 * time is up, and a journal that is away must not keep a run from putting the traffic back. After that time the fence
 * renews it itself, and throws when that is not possible.
 */
function keep(lock: Lock, clock: Clock, everySeconds: number): { fence: Fence; stop(): void } {
  const over = new AbortController();
  let lost: Refusal | undefined;
  const renew = async (): Promise<void> => {
    while (!lost) {
      await clock.sleep(1000 * everySeconds, over.signal);
      await lock.renew().catch((error: unknown) => {
        if (error instanceof Refusal && error.reasonCode === "run.lock-lost") lost = error;
      });
    }
  };
  renew().catch(() => {
    // It was told to stop.
  });
  return {
    stop: () => over.abort(),
    fence: async () => {
      if (lost) throw lost;
      if (clock.now() >= lock.until) await lock.renew();
    },
  };
}
