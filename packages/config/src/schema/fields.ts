import { z } from "zod";
import { type Condition, conditionPattern, parseCondition } from "../condition.ts";
import { cpu, duration, latency, memory, percent, type Quantity, type Reading } from "../units.ts";

/** What a key means, for the error messages, the reference and the editor. */
export interface About {
  /** Meaning; how a value with a unit is written is added to it. */
  description: string;
  examples?: unknown[];
}

/** A key whose value is a text with a unit; a program sees the number. */
function quantity(kind: Quantity, about: About, bounds: { min?: number; max?: number } = {}) {
  return z
    .unknown()
    .transform((found, context): number => {
      const reading = kind.read(found);
      const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
      if (reading.ok && reading.value >= min && reading.value <= max) return reading.value;
      if (found === undefined) context.issues.push(missing(found, `Write ${kind.allowed}.`));
      else if (!reading.ok) context.issues.push(custom(found, reading));
      else
        context.issues.push(
          custom(found, {
            reasonCode: "config.not-allowed",
            message: `\`${found}\`, outside of what is allowed`,
            remedy: `Write ${kind.allowed}, ${max === Number.POSITIVE_INFINITY ? `at least ${min}` : `between ${min} and ${max}`} in that unit.`,
          }),
        );
      return z.NEVER;
    })
    .meta({
      type: "string",
      pattern: kind.pattern,
      ...about,
      description: `${about.description} Written as ${kind.allowed}.`,
    });
}

/** A duration; a program sees seconds. */
export const durationField = (about: About, bounds?: { min?: number; max?: number }) =>
  quantity(duration, about, bounds);

/** A percentage with its sign; a program sees percent (`10%` is 10). */
export const percentField = (about: About, bounds: { min?: number; max?: number } = { max: 100 }) =>
  quantity(percent, about, bounds);

/** How long an answer takes; a program sees milliseconds. */
export const latencyField = (about: About) => quantity(latency, about);

/** CPU; a program sees millicores. */
export const cpuField = (about: About) => quantity(cpu, about, { min: 1 });

/** Memory; a program sees bytes. */
export const memoryField = (about: About) => quantity(memory, about, { min: 1 });

/**
 * A share of the traffic: `5` and `5%` both mean 5 percent, because a weight is never anything else.
 * A bare number that is not whole could be a ratio and is refused.
 */
export const weightField = (about: About) =>
  z
    .unknown()
    .transform((found, context): number => {
      const reading = Number.isInteger(found)
        ? ({ ok: true, value: found as number } as const)
        : percent.read(found);
      if (reading.ok && reading.value > 0 && reading.value <= 100) return reading.value;
      if (found === undefined) context.issues.push(missing(found, "Write a percentage such as `25`."));
      else if (!reading.ok) context.issues.push(custom(found, reading));
      else
        context.issues.push(
          custom(found, {
            reasonCode: "config.not-allowed",
            message: `\`${found}\`, which is not a share of the traffic`,
            remedy: "Write a percentage above 0 and up to 100, such as `25`.",
          }),
        );
      return z.NEVER;
    })
    .meta({
      anyOf: [
        { type: "integer", minimum: 1, maximum: 100 },
        { type: "string", pattern: percent.pattern },
      ],
      ...about,
    });

/** How long something lasts: a duration (a program sees seconds), or `manual`, until a person promotes it. */
export const pauseField = (about: About) =>
  z
    .unknown()
    .transform((found, context): number | "manual" => {
      if (found === "manual") return found;
      const reading = duration.read(found);
      if (reading.ok) return reading.value;
      context.issues.push(custom(found, { ...reading, remedy: `${reading.remedy} Or \`manual\`.` }));
      return z.NEVER;
    })
    .meta({
      type: "string",
      pattern: `^manual$|${duration.pattern}`,
      ...about,
      description: `${about.description} Written as ${duration.allowed}, or \`manual\`: until a person promotes it.`,
    });

/** A number of something, or a share of all of it. */
export type Amount = { count: number } | { percent: number };

/**
 * A key whose value is a whole number from 1, or a text with a unit.
 *
 * @param read makes of what was written what a program sees, or says what is wrong; `count` is null for a text
 */
const countOr = <Seen extends object>(
  kind: Quantity,
  about: About,
  read: (found: unknown, count: number | null, quantity: Reading) => Seen | CustomIssue,
) =>
  z
    .unknown()
    .transform((found, context): Seen => {
      const count = Number.isInteger(found) && (found as number) >= 1 ? (found as number) : null;
      const seen = read(found, count, kind.read(found));
      if (!("reasonCode" in seen)) return seen;
      context.issues.push(custom(found, seen));
      return z.NEVER;
    })
    .meta({
      anyOf: [
        { type: "integer", minimum: 1 },
        { type: "string", pattern: kind.pattern },
      ],
      ...about,
    });

/** A part of the replicas: `2`, or `10%` of all that there are in the end. */
export const replicasField = (about: About) =>
  countOr<Amount>(percent, about, (found, count, share) => {
    if (count !== null) return { count };
    if (share.ok && share.value > 0 && share.value <= 100) return { percent: share.value };
    return {
      reasonCode: "config.not-allowed",
      message: `\`${found}\`, which is not a number of replicas`,
      remedy: "Write a whole number from 1 such as `2`, or a share of all replicas such as `10%`.",
    };
  });

/** How far back: so many revisions, or so much time. */
export type Window = { revisions: number } | { seconds: number };

export const windowField = (about: About) =>
  countOr<Window>(duration, about, (found, count, time) => {
    if (count !== null) return { revisions: count };
    if (time.ok) return { seconds: time.value };
    return {
      reasonCode: time.reasonCode === "config.unit-missing" ? "config.not-allowed" : time.reasonCode,
      message: `\`${found}\``,
      remedy: `Write a whole number of revisions from 1 such as \`3\`, or ${duration.allowed}.`,
    };
  });

/** A condition such as `error_rate > 1%`; a program sees its parts. */
export const conditionField = (about: About) =>
  z
    .unknown()
    .transform((found, context): Condition => {
      const reading = parseCondition(found);
      if (reading.ok) return reading.condition;
      context.issues.push(custom(found, reading));
      return z.NEVER;
    })
    .meta({ type: "string", pattern: conditionPattern, ...about });

export interface CustomIssue {
  reasonCode: string;
  /** What was found, to follow "<key> is". */
  message: string;
  remedy: string;
}

/** An issue of zod that says which reason code and remedy the problem will have. */
export const custom = (
  input: unknown,
  { reasonCode, message, remedy }: CustomIssue,
  path: string[] = [],
) => ({
  code: "custom" as const,
  input,
  message,
  path,
  params: { reasonCode, remedy },
});

export const missing = (input: unknown, remedy: string) =>
  custom(input, { reasonCode: "config.missing-key", message: "missing", remedy });

/** Every key of a section as optional and without its default: the form of an override. */
export function overrideOf<S extends z.ZodRawShape>(shape: S): { [K in keyof S]: z.ZodOptional<Bare<S[K]>> } {
  return Object.fromEntries(
    Object.entries(shape).map(([key, field]) => {
      let bare = field as z.ZodType;
      while (bare instanceof z.ZodPrefault || bare instanceof z.ZodOptional)
        bare = bare.unwrap() as z.ZodType;
      return [key, bare.optional()];
    }),
  ) as never;
}
type Bare<T> = T extends z.ZodPrefault<infer U> ? U : T extends z.ZodOptional<infer U> ? U : T;
