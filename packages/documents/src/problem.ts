import { z } from "zod";
import type { ReasonCode } from "./reason-codes/index.ts";

/** Where a problem is: enough to put an annotation on the line. */
export const Location = z.strictObject({
  /** Path relative to the repository. */
  file: z.string(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  endLine: z.number().int().positive().optional(),
  /** Key inside the file, as in `canary.steps[0].weight`. */
  key: z.string().optional(),
});
export type Location = z.infer<typeof Location>;

/** Something that is wrong: what, where, and what to do about it. */
export const Problem = z.strictObject({
  severity: z.enum(["error", "warning", "notice"]),
  reasonCode: z.string().transform((code) => code as ReasonCode),
  /** One sentence: what was found and what is allowed. */
  message: z.string(),
  /** What to do about it. */
  remedy: z.string().optional(),
  location: Location.optional(),
});
export type Problem = z.infer<typeof Problem>;

/**
 * The way to stop for a reason that a user can mend: bad input, a missing file, a lock that somebody
 * else holds. Anything else that is thrown is a defect of Sluice and is reported as `internal`.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(
    problem: RefusalProblem | readonly [RefusalProblem, ...RefusalProblem[]],
    options?: ErrorOptions,
  ) {
    const list = (Array.isArray(problem) ? problem : [problem]) as readonly RefusalProblem[];
    const problems = list.map((p): Problem => ({ severity: "error", ...p }));
    super(problems.map(formatProblem).join("\n"), options);
    this.problems = problems as [Problem, ...Problem[]];
  }

  get reasonCode(): ReasonCode {
    return this.problems[0].reasonCode;
  }
}
export type RefusalProblem = Omit<Problem, "severity"> & { severity?: Problem["severity"] };

/**
 * The text form of a problem, as a terminal shows it:
 *
 *     .deploy/production-config.yaml:31:14: canary.steps[0].pause is 10, without a unit.
 *       Write `10s` or `10m`.
 *       reason: config.unit-missing
 */
export function formatProblem(problem: Problem): string {
  const at = problem.location;
  const where = at ? `${[at.file, at.line, at.column].filter((part) => part !== undefined).join(":")}: ` : "";
  const lines = [`${where}${problem.message}`];
  if (problem.remedy) lines.push(...problem.remedy.split("\n").map((line) => `  ${line}`));
  lines.push(`  reason: ${problem.reasonCode}`);
  return lines.join("\n");
}
