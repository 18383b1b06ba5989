import type { Clock, OnProgress } from "@sluice/ports";
import { phaseOf, type ScriptStatement } from "@sluice/sql";
import { doneCount } from "./comparison.ts";
import { indexProgress, prepareIndex } from "./concurrent-index.ts";
import type { Migration } from "./directory.ts";
import { isRetryable, isServerError } from "./failure.ts";
import type { History, HistoryRow, StatementRecord } from "./history.ts";
import type { Session } from "./session.ts";

export interface ApplyContext {
  /** Runs the statements. */
  worker: Session;
  /** The connection that holds the lock: asks how far an index build is. */
  observer: Session;
  history: History;
  runId: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  onProgress: OnProgress;
  /** How often a transaction is tried that lost against somebody else's lock. */
  lockAttempts: number;
  /** Wait before the second attempt; doubled each time up to 30 s, plus up to half of it at random. */
  retryDelaySeconds: number;
  /** Limit for a concurrent index build, which blocks nobody and may take long. */
  concurrentTimeoutSeconds: number;
}

/** A statement failed; what came before it is as the history says. */
export class StatementFailure extends Error {
  readonly statement: ScriptStatement | null;

  constructor(statement: ScriptStatement | null, cause: unknown) {
    super("a statement failed", { cause });
    this.statement = statement;
  }
}

/**
 * Applies one file and writes its row of the history. A file is one transaction together with its
 * row. A file with a statement that cannot be in one is run statement by statement, and goes on where
 * an earlier run has ended.
 *
 * @throws StatementFailure, or the reason of the signal
 */
export async function applyMigration(
  migration: Migration,
  earlier: HistoryRow | null,
  context: ApplyContext,
): Promise<void> {
  if (migration.script.isTransactional && !earlier) await applyAsTransaction(migration, context);
  else await applyByStatement(migration, earlier, context);
  await context.worker.reset();
}

async function applyAsTransaction(migration: Migration, context: ApplyContext): Promise<void> {
  const { worker, history, clock } = context;
  const { script } = migration;
  await retrying(context, migration.file, async () => {
    const began = clock.now();
    await transaction(worker, script.begin ?? "BEGIN", async () => {
      for (const statement of script.statements) await send(statement, context);
      const seconds = (clock.now() - began) / 1000;
      const statements = script.statements.map(({ hash }): StatementRecord => ({ hash, state: "done" }));
      await history.write(worker, rowOf(migration, context, seconds, statements), { isApplied: true });
    });
  });
}

async function applyByStatement(
  migration: Migration,
  earlier: HistoryRow | null,
  context: ApplyContext,
): Promise<void> {
  const { worker, history, clock } = context;
  const records = (earlier?.statements ?? []).map((record) => ({ ...record }));
  const first = doneCount(earlier);
  let seconds = earlier?.seconds ?? 0;
  if (earlier) {
    context.onProgress({
      type: "message",
      text: `${migration.file}: ${first} of ${migration.script.statements.length} statements were applied by ${earlier.run}; going on behind them.`,
    });
  }
  const save = (isApplied: boolean) =>
    history.write(worker, rowOf(migration, context, seconds, records), { isApplied });

  for (const [i, statement] of migration.script.statements.entries()) {
    if (i < first) {
      // Settings were of the session that is gone.
      if (setsSession(statement)) await send(statement, context);
      continue;
    }
    const began = clock.now();
    const isLast = i === migration.script.statements.length - 1;
    const done = () => {
      const took = (clock.now() - began) / 1000;
      seconds += took;
      records[i] = { hash: statement.hash, state: "done", seconds: took };
    };
    if (statement.facts.nonTransactional === null) {
      // The statement and the note that it is done: both or neither.
      const [before, recordsBefore] = [seconds, records.slice(0, i)];
      await retrying(context, migration.file, async () => {
        seconds = before;
        records.splice(0, records.length, ...recordsBefore);
        await transaction(worker, "BEGIN", async () => {
          await send(statement, context);
          done();
          await save(isLast);
        });
      });
    } else {
      await sendAlone(statement, i, records, context, () => save(false));
      done();
      await save(isLast);
    }
  }
  // Every statement was done, and the file ended before it could be said.
  if (first >= migration.script.statements.length) await save(true);
}

/** A statement that no transaction protects: its start is noted, so that a later run can find out its end. */
async function sendAlone(
  statement: ScriptStatement,
  i: number,
  records: StatementRecord[],
  context: ApplyContext,
  save: () => Promise<void>,
): Promise<void> {
  const index = statement.facts.concurrentIndex;
  const earlier =
    records[i]?.state === "started" && records[i].hash === statement.hash ? records[i] : undefined;
  try {
    // It waits for other transactions by design, and blocks nobody meanwhile.
    if (index) await context.worker.setTimeouts(0, context.concurrentTimeoutSeconds);
    const state = index
      ? await prepareIndex(context.worker, index, earlier)
      : { isDone: false, dropped: [], indexesBefore: undefined };
    for (const name of state.dropped) {
      context.onProgress({
        type: "warning",
        text: `Dropped the INVALID index ${name}, which an interrupted build had left; it is built again.`,
      });
    }
    if (state.isDone) return;
    records[i] = {
      hash: statement.hash,
      state: "started",
      ...(state.indexesBefore ? { indexesBefore: state.indexesBefore } : {}),
    };
    await save();
  } catch (error) {
    throw asFailure(statement, error, context.signal);
  }
  try {
    await (index ? withProgress(statement, context) : send(statement, context));
  } catch (error) {
    // The server said no: then it is known how it ended, and nothing is left open.
    if (error instanceof StatementFailure && isServerError(error.cause) && !context.worker.isLost) {
      records.splice(i);
      await save().catch(() => {});
    }
    throw error;
  }
  await context.worker.setTimeouts();
}

/** Says every two seconds how far a concurrent build is. */
async function withProgress(statement: ScriptStatement, context: ApplyContext): Promise<void> {
  const over = new AbortController();
  const report = async () => {
    for (let last = ""; !over.signal.aborted; ) {
      await context.clock.sleep(2000, over.signal);
      const progress = await indexProgress(context.observer, context.worker.pid);
      if (progress && progress !== last) {
        last = progress;
        const { name, table } = statement.facts.concurrentIndex!;
        context.onProgress({ type: "message", text: `index ${name ?? `on ${table}`}: ${progress}` });
      }
    }
  };
  const reporting = report().catch(() => {});
  try {
    await send(statement, context);
  } finally {
    over.abort();
    await reporting;
  }
}

async function send(statement: ScriptStatement, { worker, signal }: ApplyContext): Promise<void> {
  signal?.throwIfAborted();
  try {
    if (statement.copyData === undefined) await worker.query(statement.text);
    else await worker.copyFrom(statement.text, statement.copyData);
  } catch (error) {
    throw asFailure(statement, error, signal);
  }
}

function asFailure(statement: ScriptStatement | null, error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  return error instanceof StatementFailure ? error : new StatementFailure(statement, error);
}

const setsSession = ({ tokens: [first, second] }: ScriptStatement): boolean =>
  first?.kind === "word" &&
  first.text === "SET" &&
  second?.text !== "LOCAL" &&
  second?.text !== "TRANSACTION";

async function transaction(worker: Session, begin: string, work: () => Promise<void>): Promise<void> {
  await worker.query(begin);
  try {
    await work();
  } catch (error) {
    await worker.query("ROLLBACK").catch(() => {});
    throw error;
  }
  try {
    await worker.query("COMMIT");
  } catch (error) {
    throw new StatementFailure(null, error);
  }
}

/** Tries again when a transaction lost against somebody else's lock; it was rolled back by then. */
async function retrying(context: ApplyContext, file: string, attempt: () => Promise<void>): Promise<void> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      const cause = error instanceof StatementFailure ? error.cause : error;
      if (!isRetryable(cause) || n >= context.lockAttempts) throw error;
      const base = Math.min(30, context.retryDelaySeconds * 2 ** (n - 1));
      const seconds = base * (1 + Math.random() / 2);
      context.onProgress({
        type: "warning",
        text: `${file}: ${(cause as Error).message}; attempt ${n} of ${context.lockAttempts}, again in ${seconds.toFixed(1)} s.`,
      });
      await context.clock.sleep(seconds * 1000, context.signal);
    }
  }
}

const rowOf = (
  { version, name, checksum, script }: Migration,
  { runId }: ApplyContext,
  seconds: number,
  statements: StatementRecord[],
) => ({ version, name, checksum, phase: phaseOf(script), run: runId, seconds, statements });
