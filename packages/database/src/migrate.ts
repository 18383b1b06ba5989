import { type DetailsOf, type Problem, type ReasonCode, Refusal, type Status } from "@sluice/documents";
import type { OnProgress } from "@sluice/ports";
import { phaseOf } from "@sluice/sql";
import { type ApplyContext, applyMigration, StatementFailure } from "./apply.ts";
import { backUp } from "./backup/backup.ts";
import { cancelOnAbort } from "./cancel.ts";
import { invalidIndexes, summarizeSchema } from "./catalog.ts";
import { type Comparison, compare } from "./comparison.ts";
import { type Migration, readMigrations } from "./directory.ts";
import { isServerError, statementProblem } from "./failure.ts";
import { History } from "./history.ts";
import { describeMigrations, driftOf, lintProblems, scriptProblems } from "./inspect.ts";
import { describeHolder, refusePooler, takeLock } from "./lock.ts";
import { type Limits, limitsOf, type MigrateOptions, type MigrateOutcome } from "./options.ts";
import { quoted, Session, type SessionOptions } from "./session.ts";
import { safeUrl } from "./url.ts";
import { validate } from "./validate.ts";

/**
 * Brings a database to the newest migration: lock, compare, check the syntax of everything, back up,
 * apply, validate. An expected failure is an outcome with its problem and with what was done until
 * then, not an exception. After a kill or a cancel nothing is locked, nothing is half applied that
 * the history does not know, and the same call goes on.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateOutcome> {
  const run = new MigrationRun(options);
  try {
    return await run.execute();
  } catch (error) {
    return await run.failed(error);
  } finally {
    await run.close();
  }
}

class MigrationRun {
  readonly #options: MigrateOptions;
  readonly #limits: Limits;
  readonly #onProgress: OnProgress;
  #details: DetailsOf<"migrate">;
  #problems: Problem[] = [];
  #sessions: Session[] = [];
  #stopWatching = () => {};
  #current: Migration | null = null;

  constructor(options: MigrateOptions) {
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#onProgress = options.onProgress ?? (() => {});
    this.#details = {
      ...{ stage: "migrate", database: "", before: null, after: null, backup: null },
      ...{ migrations: [], validation: [] },
    };
  }

  async execute(): Promise<MigrateOutcome> {
    const { directory, root, url, dryRun } = this.#options;
    this.#details.database = safeUrl(url);
    const migrations = await readMigrations(directory, root);
    const observer = await this.#open("lock", 60);
    const history = await History.locate(observer);

    if (dryRun) {
      const { pending } = await this.#compare(observer, history, migrations);
      await this.#checkSyntax(observer, pending);
      const names = pending.map(({ migration }) => migration.version).join(", ");
      return this.#outcome(
        "succeeded",
        "migrate.planned",
        pending.length > 0
          ? `Would apply ${count(pending.length, "migration")}: ${names}.`
          : "Nothing to apply.",
      );
    }

    const worker = await this.#open("migration", this.#limits.statementTimeoutSeconds);
    this.#stopWatching = cancelOnAbort(this.#options.signal, observer, worker);
    await refusePooler(observer, worker);
    await this.#lock(observer, "run", history);
    await this.#lock(worker, "worker", history);
    await history.create(worker);
    const { pending } = await this.#compare(observer, history, migrations);
    if (pending.length === 0) {
      this.#details.after = this.#details.before;
      return this.#outcome("succeeded", "migrate.up-to-date", this.#upToDate(migrations));
    }
    await this.#checkSyntax(worker, pending);
    await this.#backUp();
    await this.#apply(pending, observer, worker, history);
    return this.#validate(migrations, pending, observer, history);
  }

  async #open(role: string, statementTimeoutSeconds: number): Promise<Session> {
    const { url, runId, signal } = this.#options;
    const options: SessionOptions = {
      applicationName: `sluice ${runId} ${role}`,
      lockTimeoutSeconds: this.#limits.lockTimeoutSeconds,
      statementTimeoutSeconds,
      onNotice: (text) => this.#onProgress({ type: "output", text }),
      ...(signal ? { signal } : {}),
    };
    const session = await Session.open(url, options);
    this.#sessions.push(session);
    return session;
  }

  async #lock(session: Session, name: "run" | "worker", history: History): Promise<void> {
    const { clock, signal } = this.#options;
    const { lockWaitSeconds } = this.#limits;
    await takeLock(session, name, {
      schema: history.schema,
      waitSeconds: lockWaitSeconds,
      clock,
      ...(signal ? { signal } : {}),
      onWait: (holder) =>
        this.#onProgress({
          type: "message",
          text: `Waiting up to ${lockWaitSeconds} s for the migration lock, held by ${describeHolder(holder)}.`,
        }),
    });
  }

  /** Files against history; throws when something is wrong with either. */
  async #compare(session: Session, history: History, migrations: Migration[]): Promise<Comparison> {
    const rows = await history.read(session);
    const compared = compare(migrations, rows);
    this.#details.migrations = describeMigrations(migrations, rows);
    this.#details.before = await summarizeSchema(session, history);
    const pending = compared.pending.map(({ migration }) => migration);
    const problems = [...compared.problems, ...pending.flatMap(scriptProblems)];
    const errors = problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) throw new Refusal(errors as [Problem, ...Problem[]]);
    this.#problems.push(
      ...problems,
      ...driftOf(rows, this.#details.before),
      ...pending.flatMap(lintProblems),
    );
    return compared;
  }

  /** The server parses every pending statement before the first one is run: a typo in the last file stops all. */
  async #checkSyntax(worker: Session, pending: Comparison["pending"]): Promise<void> {
    const problems: Problem[] = [];
    for (const { migration } of pending) {
      for (const statement of migration.script.statements) {
        const error = await worker.syntaxError(statement.text);
        // What else it complains about may be made by an earlier statement: a table that is not there yet.
        if (error?.code === "42601") {
          const problem = statementProblem(error, { ...this.#failureContext(migration), statement });
          problems.push({ ...problem, remedy: "Correct the statement. Nothing was applied." });
        } else if (error && error.code === undefined) throw new StatementFailure(statement, error);
      }
    }
    if (problems.length > 0) throw new Refusal(problems as [Problem, ...Problem[]]);
  }

  async #backUp(): Promise<void> {
    const { backup, url, runId, clock, signal } = this.#options;
    if (!backup) return;
    if (this.#details.before?.tables.length === 0) {
      this.#onProgress({ type: "message", text: "No backup: the database has no tables yet." });
      return;
    }
    const made = await backUp({ url, runId, clock, signal, ...backup, onProgress: this.#onProgress });
    this.#details.backup = made;
    this.#onProgress({
      type: "message",
      text: `Backup of ${count(made.tables, "table")}, ${made.bytes} bytes, read back: ${made.reference}`,
    });
    const { reference, bytes, digest } = made;
    await this.#options.record?.({ type: "migration.backup", data: { reference, bytes, digest } });
  }

  async #apply(pending: Comparison["pending"], observer: Session, worker: Session, history: History) {
    const { runId, clock, signal } = this.#options;
    const { lockAttempts, retryDelaySeconds, concurrentTimeoutSeconds } = this.#limits;
    const context: ApplyContext = {
      ...{ worker, observer, history, runId, clock, signal, onProgress: this.#onProgress },
      ...{ lockAttempts, retryDelaySeconds, concurrentTimeoutSeconds },
    };
    for (const { migration, row } of pending) {
      signal?.throwIfAborted();
      // Without the lock somebody else may be migrating by now.
      if (observer.isLost) throw new Error("the connection that holds the migration lock was lost");
      this.#current = migration;
      const began = clock.now();
      this.#onProgress({ type: "message", text: `Applying ${migration.file}.` });
      await applyMigration(migration, row, context);
      const seconds = Math.max(0, (clock.now() - began) / 1000);
      this.#mark(migration, "applied", seconds);
      this.#current = null;
      const { version, file, checksum } = migration;
      const phase = phaseOf(migration.script);
      const data = { version, file, checksum, seconds, phase };
      await this.#options.record?.({ type: "migration.applied", data });
    }
  }

  async #validate(
    migrations: Migration[],
    pending: Comparison["pending"],
    session: Session,
    history: History,
  ): Promise<MigrateOutcome> {
    const applied = pending.map(({ migration }) => migration);
    const after = await summarizeSchema(session, history);
    this.#details.after = after;
    const checks = await validate(session, history, migrations, applied, this.#details.before, after);
    this.#details.validation = checks;
    await history.writeFingerprint(session, applied.at(-1)!.version, after.fingerprint);
    for (const { name, passed, message } of checks) {
      if (passed) continue;
      const reasonCode = "migrate.validation-failed";
      if (name === "history") this.#problems.unshift({ severity: "error", reasonCode, message });
      else if (name === "indexes") {
        const remedy = (await invalidIndexes(session))
          .map((index) => `REINDEX INDEX CONCURRENTLY ${quoted(index.schema)}.${quoted(index.name)};`)
          .join("\n");
        this.#problems.unshift({ severity: "error", reasonCode, message, remedy });
      } else this.#problems.push({ severity: "warning", reasonCode, message });
    }
    const failure = this.#problems.find((problem) => problem.severity === "error");
    if (failure) return this.#outcome("failed", "migrate.validation-failed", failure.message);
    return this.#outcome(
      "succeeded",
      "migrate.applied",
      `Applied ${count(applied.length, "migration")}; the schema is at version ${after.version}.`,
    );
  }

  /** An exception as an outcome; a defect is thrown on. */
  async failed(error: unknown): Promise<MigrateOutcome> {
    const migration = this.#current;
    const { signal } = this.#options;
    if (signal?.aborted) {
      const done = this.#details.migrations.filter(({ outcome }) => outcome === "applied").length;
      const before = done > 0 ? `; ${count(done, "migration")} before it stayed applied` : "";
      const summary = migration
        ? `Cancelled in ${migration.file}; what was not complete was rolled back${before}.`
        : done > 0
          ? `Cancelled after ${count(done, "migration")}.`
          : "Cancelled before anything was applied.";
      await this.#afterFailure(migration, "migrate.cancelled", summary);
      return this.#outcome("cancelled", "migrate.cancelled", summary);
    }
    if (error instanceof Refusal) {
      this.#problems.unshift(...error.problems);
      await this.#afterFailure(migration, error.reasonCode, error.problems[0].message);
      return this.#outcome("failed", error.reasonCode, error.problems[0].message);
    }
    const isLost = this.#sessions.some((session) => session.isLost);
    if (!(error instanceof StatementFailure) && !isServerError(error) && !isLost) throw error;
    const statement = error instanceof StatementFailure ? error.statement : null;
    const cause = error instanceof StatementFailure ? error.cause : error;
    const problem = statementProblem(cause, {
      ...(migration ? this.#failureContext(migration) : this.#failureContext(null)),
      statement,
    });
    if (!migration) delete problem.location;
    this.#problems.unshift(problem);
    await this.#afterFailure(migration, problem.reasonCode, problem.message);
    return this.#outcome("failed", problem.reasonCode, problem.message);
  }

  #failureContext(migration: Migration | null) {
    return {
      file: migration?.file ?? "",
      sql: migration?.sql ?? "",
      url: this.#options.url,
      ...this.#limits,
    };
  }

  /** What the database looks like after a failure, if it still answers; and the event. */
  async #afterFailure(migration: Migration | null, reasonCode: ReasonCode, message: string): Promise<void> {
    if (!migration) return;
    this.#mark(migration, "failed", 0);
    const [observer] = this.#sessions;
    if (observer && !observer.isLost && !this.#options.signal?.aborted) {
      const history = await History.locate(observer);
      this.#details.after = await summarizeSchema(observer, history).catch(() => null);
    }
    const { version, file } = migration;
    try {
      await this.#options.record?.({
        type: "migration.failed",
        data: { version, file, reasonCode, message },
      });
    } catch (error) {
      // That the journal cannot be written must not hide why the migration failed.
      if (!(error instanceof Refusal)) throw error;
      this.#problems.push(...error.problems);
    }
  }

  #mark(migration: Migration, outcome: "applied" | "failed", seconds: number): void {
    for (const described of this.#details.migrations) {
      if (described.version === migration.version) Object.assign(described, { outcome, seconds });
    }
  }

  #upToDate(migrations: Migration[]): string {
    return migrations.length === 0
      ? "There are no migrations."
      : `Nothing to apply; the schema is at version ${this.#details.before?.version}.`;
  }

  #outcome(status: Status, reasonCode: ReasonCode, summary: string): MigrateOutcome {
    return { status, reasonCode, summary, problems: this.#problems, details: this.#details };
  }

  async close(): Promise<void> {
    this.#stopWatching();
    await Promise.all(this.#sessions.map((session) => session.close()));
  }
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
