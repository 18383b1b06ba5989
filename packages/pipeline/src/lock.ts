import { Refusal } from "@sluice/documents";
import type { Journal, Lock } from "@sluice/journal";
import type { Clock } from "@sluice/ports";
import type { Context } from "./context.ts";
import { type Patience, takeLock, type Waiting } from "./lock-wait.ts";

/** Asked before every change; throws when the lock may belong to somebody else by now. */
export type Fence = () => Promise<void>;

/** The fence of a run that holds the lock already, for what it does inside. */
const fences = new WeakMap<Journal, Fence>();

/**
 * Holds the lock of the environment while the body works, and gives it back whatever happens. It is renewed three
 * times as often as it would end. Inside of a body that holds it, it is held already.
 *
 * @param patience how to wait while another run holds it; without it nobody waits
 * @throws Refusal `run.locked` when another run holds it, also after the wait; `run.cancelled` when the wait was ended
 */
export async function withLock<T>(
  context: Waiting,
  body: (fence: Fence, waitedSeconds: number) => Promise<T>,
  patience?: Patience,
): Promise<T> {
  const { journal, clock, lockTerms } = context;
  const held = fences.get(journal);
  if (held) return body(held, 0);
  const askedAt = clock.now();
  const lock = await takeLock(context, patience);
  const kept = keep(lock, clock, lockTerms.ttlSeconds / 3);
  fences.set(journal, kept.fence);
  try {
    return await body(kept.fence, (clock.now() - askedAt) / 1000);
  } finally {
    fences.delete(journal);
    kept.stop();
    await lock.release();
  }
}

/** Whether this run holds the lock of its environment now. */
export const holdsLock = ({ journal }: Pick<Context, "journal">): boolean => fences.has(journal);

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
