import { z } from "zod";
import { Sample } from "./counters.ts";
import { StageName, Strategy } from "./plan.ts";
import { Problem } from "./problem.ts";
import { MigrationPhase } from "./results/migrate.ts";
import { DatabaseDecision } from "./results/rollback.ts";
import { Status } from "./status.ts";
import { SaidVerdict } from "./verdict.ts";

const weights = z.record(z.string(), z.number().min(0).max(100));
const reasonCode = Problem.shape.reasonCode;

/** A number that a decision rests on, with its origin: measured in earlier rollouts, or the default. */
export const LearnedNumber = z.strictObject({
  /** What it is: `errorRatio`, `errorDispersion`, `latencyDispersion`, or that of a metric of one's own (`eventDispersion`). */
  name: z.string(),
  value: z.number(),
  source: z.enum(["learned", "default"]),
  /** Rollouts that it was learned from; 0 for a default. */
  rollouts: z.number().int().nonnegative(),
});
export type LearnedNumber = z.infer<typeof LearnedNumber>;

const ownPrefix = "eventDispersion:";
/** Name of the learned dispersion of a metric of one's own: `eventDispersion:orders`. */
export const eventDispersion = (metric: string): string => `${ownPrefix}${metric}`;
/** The metric of one's own that a learned number is about; null where it is about none. */
export const ownMetricOf = ({ name }: Pick<LearnedNumber, "name">): string | null =>
  name.startsWith(ownPrefix) ? name.slice(ownPrefix.length) : null;

/** What can be said in the journal: one entry of this table is one kind of event and its data. */
const kinds = {
  "run.started": z.strictObject({
    version: z.string(),
    commit: z.string().optional(),
    /** When the newest commit of the release was made: the start of its lead time. */
    committedAt: z.iso.datetime().optional(),
    planHash: z.string().optional(),
    actor: z.string().optional(),
  }),
  "run.finished": z.strictObject({ status: Status, reasonCode, summary: z.string() }),
  "stage.started": z.strictObject({ stage: StageName }),
  "stage.finished": z.strictObject({
    stage: StageName,
    status: Status,
    reasonCode,
    seconds: z.number().nonnegative(),
    summary: z.string(),
  }),
  "lock.acquired": z.strictObject({
    owner: z.string(),
    fencing: z.number().int().positive(),
    expiresAt: z.iso.datetime(),
    /** Whose lock this one ended, and why that was right; absent when nobody held one. */
    tookOver: z
      .strictObject({
        owner: z.string(),
        fencing: z.number().int().positive(),
        why: z.enum(["expired", "owner-gone", "same-owner"]),
      })
      .optional(),
  }),
  "lock.renewed": z.strictObject({
    owner: z.string(),
    fencing: z.number().int().positive(),
    expiresAt: z.iso.datetime(),
  }),
  "lock.released": z.strictObject({ owner: z.string(), fencing: z.number().int().positive() }),
  "rollout.started": z.strictObject({
    from: z.string().nullable(),
    to: z.string(),
    strategy: Strategy,
    resumed: z.boolean(),
  }),
  "rollout.weights": z.strictObject({ step: z.number().int().nonnegative(), weights }),
  "rollout.sample": Sample,
  "rollout.verdict": SaidVerdict,
  "rollout.finished": z.strictObject({
    status: Status,
    reasonCode,
    version: z.string(),
    summary: z.string(),
    /** Requests during the rollout that no version answered; absent where the router cannot count them. */
    unanswered: z.number().int().nonnegative().optional(),
  }),
  "migration.backup": z.strictObject({
    reference: z.string(),
    bytes: z.number().int().nonnegative(),
    digest: z.string(),
  }),
  "migration.applied": z.strictObject({
    version: z.string(),
    file: z.string(),
    checksum: z.string(),
    seconds: z.number().nonnegative(),
    /** Whether running code of the previous version survives it; absent in journals of earlier versions. */
    phase: MigrationPhase.optional(),
  }),
  "migration.failed": z.strictObject({
    version: z.string(),
    file: z.string(),
    reasonCode,
    message: z.string(),
  }),
  "verify.check": z.strictObject({
    check: z.string(),
    passed: z.boolean(),
    attempts: z.number().int().positive(),
    message: z.string(),
  }),
  note: z.strictObject({ text: z.string() }),
  "rollout.policy": z.strictObject({
    /** Options that the policy of the judge was made from; with the samples they say every verdict again. */
    options: z.record(z.string(), z.unknown()),
    /** Numbers that are not in the configuration, and where each came from. */
    learned: z.array(LearnedNumber),
  }),
  /** A person asked something of a rollout that was under way. */
  "rollout.request": z.strictObject({
    kind: z.enum(["promote", "promote-full", "halt", "abort"]),
    by: z.string(),
    askedAt: z.iso.datetime(),
    reason: z.string().optional(),
    /** False when it was about something that is over by now. */
    obeyed: z.boolean(),
    /** What came of it. */
    summary: z.string(),
  }),
  /** Why a service goes back, by whose decision, and what that means for its database. */
  "rollback.decided": z.strictObject({
    reason: z.string(),
    reasonCode,
    from: z.string().nullable(),
    to: z.string().nullable(),
    database: DatabaseDecision,
    /** The verdict that led to it; null when a person decided. */
    verdict: SaidVerdict.nullable(),
  }),
  /** A deployment was looked at again some time after its run had ended. */
  "recheck.finished": z.strictObject({
    version: z.string(),
    /** Seconds after the deployment for which this look was due. */
    dueAfterSeconds: z.number().nonnegative(),
    status: Status,
    reasonCode,
    summary: z.string(),
  }),
};
export type EventKind = keyof typeof kinds;

const envelope = {
  schema: z.literal("sluice/event/v1"),
  /** Position in the journal of the environment, from 1 without gaps; given by the store. */
  sequence: z.number().int().positive(),
  at: z.iso.datetime(),
  /** The run that wrote it; one run is one call of the pipeline or of one action. */
  run: z.string(),
  environment: z.string(),
  service: z.string().optional(),
};

const event = <K extends EventKind>(type: K) =>
  z.strictObject({ ...envelope, type: z.literal(type), data: kinds[type] });

/** One entry of the journal. The journal is the only record; reports and figures are views of it. */
export const Event = z.discriminatedUnion("type", [
  event("run.started"),
  event("run.finished"),
  event("stage.started"),
  event("stage.finished"),
  event("lock.acquired"),
  event("lock.renewed"),
  event("lock.released"),
  event("rollout.started"),
  event("rollout.weights"),
  event("rollout.sample"),
  event("rollout.verdict"),
  event("rollout.finished"),
  event("migration.backup"),
  event("migration.applied"),
  event("migration.failed"),
  event("verify.check"),
  event("note"),
  event("rollout.policy"),
  event("rollout.request"),
  event("rollback.decided"),
  event("recheck.finished"),
]);
export type Event = z.infer<typeof Event>;
export type EventOf<K extends EventKind> = Extract<Event, { type: K }>;

/** An event before the store gave it its place: what a writer says. */
export type NewEvent = Event extends infer E
  ? E extends Event
    ? Omit<E, "schema" | "sequence">
    : never
  : never;
