import { formatDuration } from "@sluice/config";
import { type Event, Refusal, type StageName } from "@sluice/documents";
import { type Lock, lockState, runs } from "@sluice/journal";
import type { Context } from "./context.ts";

/** What is needed to ask for the lock, and to wait for it. */
export type Waiting = Pick<Context, "journal" | "owner" | "clock" | "lockTerms"> &
  Partial<Pick<Context, "signal" | "onProgress">>;

/** Who holds the lock of an environment and works, as far as anybody can tell. Times in milliseconds since 1970. */
export interface Holder {
  run: string;
  owner: string;
  since: number;
  until: number;
  /** The stage that it is in; null before its first. */
  stage: StageName | null;
}

/** How to wait for a lock that another run holds. */
export interface Patience {
  /** How long at most. */
  seconds: number;
  /** Called at every look, with who holds it: where something is done about it. May throw to end the wait. */
  meanwhile?: (holder: Holder) => Promise<void>;
}

/** How often a person is told that it still waits. */
const tellEverySeconds = 30;

/** The lock of the environment, after a wait for it where another run holds it. */
export async function takeLock(context: Waiting, patience?: Patience): Promise<Lock> {
  const { journal, owner, clock, lockTerms, signal } = context;
  const until = clock.now() + 1000 * (patience?.seconds ?? 0);
  const told = { who: "", at: 0 };
  for (;;) {
    try {
      return await journal.lock({ owner, ...lockTerms });
    } catch (error) {
      if (!(error instanceof Refusal) || error.reasonCode !== "run.locked") throw error;
      const left = (until - clock.now()) / 1000;
      if (!patience) throw error;
      if (left <= 0) throw inVain(error, patience.seconds);
      const holder = await holderOf(context);
      if (!holder) continue;
      await patience.meanwhile?.(holder);
      if (told.who !== holder.run || clock.now() - told.at >= 1000 * tellEverySeconds) {
        Object.assign(told, { who: holder.run, at: clock.now() });
        context.onProgress?.({ type: "message", text: waitingFor(holder, left, clock.now()) });
      }
      const pause = Math.min(lockTerms.pollSeconds ?? 1, left);
      await clock.sleep(1000 * pause, signal).catch(() => {});
      if (signal?.aborted) throw cancelled(holder);
    }
  }
}

const waitingFor = ({ run, owner, stage, until }: Holder, left: number, now: number): string =>
  `waiting for run ${run} of ${owner}${stage ? `, which is in its stage ${stage}` : ""}: ${seconds(left)} at most. ` +
  `Should it have died without a trace, its lock ends in ${seconds((until - now) / 1000)}.`;

const seconds = (n: number): string => formatDuration(Math.max(1, Math.ceil(n)));

/** The refusal of a lock with the wait that came before it. */
const inVain = ({ problems: [first, ...others] }: Refusal, waited: number): Refusal =>
  new Refusal([
    { ...first, message: `${first.message} It was waited for, ${formatDuration(waited)} long.` },
    ...others,
  ]);

const cancelled = ({ run, owner }: Holder): Refusal =>
  new Refusal({
    reasonCode: "run.cancelled",
    message: `Cancelled while it waited for run ${run} of ${owner}; nothing was changed.`,
  });

/** Who holds the lock now, read from the journal. */
export const holderOf = async (
  context: Pick<Waiting, "journal" | "clock" | "lockTerms">,
): Promise<Holder | null> => holderIn(await context.journal.events(), context);

/**
 * Who holds the lock now as these events have it; null when nobody does, or when the holder has certainly ended or let
 * its time pass.
 */
export function holderIn(
  events: readonly Event[],
  { clock, lockTerms }: Pick<Waiting, "clock" | "lockTerms">,
): Holder | null {
  const lock = lockState(events, clock.now()).held.findLast(
    ({ isExpired, owner }) => !isExpired && !lockTerms.isGone?.(owner),
  );
  if (!lock) return null;
  const { run, owner, since, until } = lock;
  const stage = runs(events)
    .find((view) => view.run === run)
    ?.stages.findLast(({ finishedAt }) => finishedAt === null)?.stage;
  return { run, owner, since, until, stage: stage ?? null };
}
