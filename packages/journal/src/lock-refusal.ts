import { Refusal } from "@sluice/documents";
import type { HeldLock } from "./lock.ts";

/** `2026-03-04 05:06:07 UTC` */
const moment = (milliseconds: number) =>
  `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** What the second run is told: who holds the lock, since when, until when, and what to do. */
export function lockedRefusal(lock: HeldLock, now: number): Refusal {
  const scope =
    lock.service === undefined ? lock.environment : `service ${lock.service} in ${lock.environment}`;
  const minutes = Math.max(1, Math.ceil((lock.until - now) / 60_000));
  return new Refusal({
    reasonCode: "run.locked",
    message:
      `Run ${lock.run} of ${lock.owner} holds the lock of ${scope} since ${moment(lock.since)}; ` +
      `it ends by ${moment(lock.until)} unless that run renews it.`,
    remedy:
      "Wait until that run has ended, or cancel it: a cancelled run puts the traffic back and releases the lock.\n" +
      `If it died without a trace, its lock ends by itself in at most ${minutes} min; then run this again.`,
  });
}

/** What a run is told whose lock was taken over while it was away: it must not write any more. */
export function lockLostRefusal(environment: string, fencing: number, newer: HeldLock | undefined): Refusal {
  const by = newer ? ` Run ${newer.run} of ${newer.owner} has it now (number ${newer.fencing}).` : "";
  return new Refusal({
    reasonCode: "run.lock-lost",
    message: `The lock of ${environment} (number ${fencing}) does not belong to this run any more.${by}`,
    remedy:
      "This run has stopped without changing anything further. Look at `sluice status`, then run it again if it is still wanted.",
  });
}
