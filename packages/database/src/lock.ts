import { createHash } from "node:crypto";
import { Refusal } from "@sluice/documents";
import type { Clock } from "@sluice/ports";
import type { Session } from "./session.ts";

/** Who holds a lock, as `pg_stat_activity` knows it. */
export interface LockHolder {
  pid: number;
  /** Name of its run. */
  applicationName: string;
  /** When it connected. */
  since: string;
  /** Address it connected from; null for a local socket. */
  client: string | null;
}

/**
 * The two locks of a migration. `run` is held on a connection that does nothing else. `worker` is held
 * by the connection that runs the statements: when a client dies, its idle connection is gone at
 * once, and its statement may run on for a moment.
 */
export type LockName = "run" | "worker";

export interface LockWait {
  /** Name of the schema with the history: one lock for each history. */
  schema: string;
  waitSeconds: number;
  clock: Clock;
  signal?: AbortSignal;
  /** Called when it begins to wait and when the holder changes. */
  onWait?: (holder: LockHolder | null) => void;
}

const pollMilliseconds = 250;

/**
 * Takes a lock by asking again and again. A blocking request would hold a snapshot, for which
 * `CREATE INDEX CONCURRENTLY` of the holder waits: a deadlock. The lock belongs to the session and is
 * gone when the session is, however it ended.
 *
 * @throws Refusal `migrate.locked` with the holder when `waitSeconds` are over
 */
export async function takeLock(session: Session, name: LockName, wait: LockWait): Promise<void> {
  const key = lockKey(wait.schema, name);
  const deadline = wait.clock.now() + wait.waitSeconds * 1000;
  let announced: number | null | undefined;
  for (;;) {
    wait.signal?.throwIfAborted();
    const [row] = await session.query<{ taken: boolean }>(
      "SELECT pg_try_advisory_lock($1, $2) AS taken",
      key,
    );
    if (row?.taken) return;
    const holder = await holderOf(session, wait.schema, name);
    if (wait.clock.now() >= deadline) throw locked(holder, wait.waitSeconds);
    if (announced !== (holder?.pid ?? null)) {
      announced = holder?.pid ?? null;
      wait.onWait?.(holder);
    }
    await wait.clock.sleep(Math.min(pollMilliseconds, Math.max(1, deadline - wait.clock.now())), wait.signal);
  }
}

/** Who holds the migration lock of a schema now; null when nobody does. */
export async function holderOf(session: Session, schema: string, name: LockName): Promise<LockHolder | null> {
  const [row] = await session.query<{ pid: number; app: string; since: Date; client: string | null }>(
    `SELECT a.pid, a.application_name AS app, a.backend_start AS since, host(a.client_addr) AS client
       FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid = ($1::int8 & 4294967295)::oid AND l.objid = $2::int8::oid
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    lockKey(schema, name),
  );
  if (!row) return null;
  return { pid: row.pid, applicationName: row.app, since: row.since.toISOString(), client: row.client };
}

export const describeHolder = (holder: LockHolder | null): string =>
  holder
    ? `${holder.applicationName || "a session without a name"} (pid ${holder.pid}${holder.client ? ` from ${holder.client}` : ""}, connected since ${holder.since})`
    : "a session that has just ended";

function locked(holder: LockHolder | null, waitSeconds: number): Refusal {
  return new Refusal({
    reasonCode: "migrate.locked",
    message: `The migration lock is held by ${describeHolder(holder)}; waited ${waitSeconds} s for it.`,
    remedy: holder
      ? `Wait until that run has ended and start again. If nobody needs it any more: SELECT pg_terminate_backend(${holder.pid});`
      : "Start again.",
  });
}

/** Two signed 32-bit numbers: one for the history, one for the lock. */
function lockKey(schema: string, name: LockName): [number, number] {
  const hash = createHash("sha256").update(`sluice_migrations:${schema}`).digest();
  return [hash.readInt32BE(0), name === "run" ? 1 : 2];
}

/**
 * Refuses a connection that goes through a pooler which gives the server connection away after each
 * transaction: a session lock would then belong to nobody. Two sessions of ours that are both idle
 * share one server process only there.
 *
 * @throws Refusal `migrate.pooler`
 */
export async function refusePooler(first: Session, second: Session): Promise<void> {
  const pid = async (session: Session) =>
    (await session.query<{ pid: number }>("SELECT pg_backend_pid() AS pid"))[0]?.pid;
  const [a, b, again] = [await pid(first), await pid(second), await pid(first)];
  if (a !== b && a === again) return;
  throw new Refusal({
    reasonCode: "migrate.pooler",
    message: "The connection goes through a pooler that shares a server connection between transactions.",
    remedy:
      "A migration lock cannot be held there. Give the address of the server itself, or of a pool in session mode.",
  });
}
