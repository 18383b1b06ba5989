import type { Strategy } from "@sluice/documents";
// By their files: the whole of the library takes three times as long to load.
import diff from "semver/functions/diff.js";
import parse from "semver/functions/parse.js";

/** How much changes between two versions, as Semantic Versioning tells it. */
export type ChangeSize = "major" | "minor" | "patch";

export interface ChosenStrategy {
  strategy: Strategy;
  /** Why, in a sentence. */
  reason: string;
}

/** The bigger the change, the longer the way back must stay open. */
const strategies: Record<ChangeSize, Strategy> = { major: "bluegreen", minor: "canary", patch: "rolling" };

/** What somebody who knows better may write on a change: `strategy:canary`, or how big it is: `change:major`. */
const labelPattern = /^(?:strategy:(recreate|rolling|bluegreen|canary)|change:(major|minor|patch))$/;

/**
 * The strategy of `strategy: auto`: by the size of the change from the version that runs to the new one. Where the size
 * cannot be told it is `canary`, which compares the two whatever they are.
 *
 * @param from   the version that runs; null when none does, undefined when nobody asked
 * @param labels labels of the change; the first that names a strategy or a size is stronger than the versions
 */
export function strategyForChange(
  from: string | null | undefined,
  to: string,
  labels: readonly string[] = [],
): ChosenStrategy {
  const label = labels.find((one) => labelPattern.test(one));
  const [, named, size] = label?.match(labelPattern) ?? [];
  if (named) return { strategy: named as Strategy, reason: `the label \`${label}\` says so` };
  if (size)
    return {
      strategy: strategies[size as ChangeSize],
      reason: `the label \`${label}\` makes it a ${size} change`,
    };
  if (from === null)
    return {
      strategy: "rolling",
      reason:
        "it is the first version here: there is nothing to compare it with or to go back to, so it is only verified",
    };
  if (from === undefined) return { strategy: "canary", reason: "nobody has asked what runs" };
  if (from === to) return { strategy: "rolling", reason: `${to} runs already` };
  const change = sizeOfChange(from, to);
  if (change === null)
    return {
      strategy: "canary",
      reason: `the size of the change from ${from} to ${to} cannot be told, as they are not both semantic versions`,
    };
  return { strategy: strategies[change], reason: `${from} to ${to} is a ${change} change` };
}

/**
 * The most significant part in which two versions differ, in either direction; null when one is not a semantic version.
 */
export function sizeOfChange(from: string, to: string): ChangeSize | null {
  const [a, b] = [parse(from, { loose: true }), parse(to, { loose: true })];
  if (!a || !b) return null;
  const change = diff(a, b)?.replace(/^pre/, "");
  return change === "major" || change === "minor" ? change : "patch";
}
