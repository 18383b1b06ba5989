import { type Counters, type ReasonCode, Refusal, type RefusalProblem, Sample } from "@sluice/documents";
import { edgesOf } from "./histogram.ts";

/** Problems that are listed before the rest is only counted. */
const listed = 20;

type Issue = NonNullable<ReturnType<typeof Sample.safeParse>["error"]>["issues"][number];
type Report = (reasonCode: ReasonCode, key: string, message: string, remedy: string) => void;

/**
 * Reads counters that somebody has kept: JSON lines of `Sample`, cumulative as they were scraped. A version that is
 * null or left out has no data at that moment. Empty lines are left out.
 *
 * @param file name for the messages
 * @throws Refusal with every problem, each with line and key: what is not JSON, unknown keys, negative numbers and
 *   NaN, time that goes backwards, more errors than requests, a histogram that falls
 */
export function parseReadings(text: string, file: string): Sample[] {
  const problems: RefusalProblem[] = [];
  const samples: Sample[] = [];
  let before: { t: number; line: number } | null = null;
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const at = { file, line: index + 1 };
    const report: Report = (reasonCode, key, message, remedy) =>
      problems.push({ reasonCode, message, remedy, location: { ...at, ...(key ? { key } : {}) } });
    const sample = readingOf(line, report);
    if (!sample) continue;
    if (before && sample.t < before.t)
      report(
        "config.not-allowed",
        "t",
        `t goes back from ${before.t} s in line ${before.line} to ${sample.t} s.`,
        "Sort the lines by time; a rollout that began anew is a file of its own.",
      );
    else before = { t: sample.t, line: index + 1 };
    samples.push(sample);
  }
  if (problems.length === 0 && samples.length === 0)
    problems.push({
      reasonCode: "config.input-invalid",
      message: `${file} holds no readings.`,
      remedy:
        'Each line is one, such as `{"t":10,"weight":5,"canary":{"requests":50,"errors":0},"baseline":{"requests":950,"errors":1}}`.',
      location: { file },
    });
  if (problems.length === 0) return samples;
  const rest = problems.length - listed;
  if (rest > 0) problems.splice(listed, rest, more(rest, file));
  throw new Refusal(problems as [RefusalProblem, ...RefusalProblem[]]);
}

const more = (count: number, file: string): RefusalProblem => ({
  reasonCode: "config.input-invalid",
  message: `${count} more problems are not listed.`,
  remedy: "Mend those above and run this again.",
  location: { file },
});

/** One line; null when it is not a reading, which was reported then. */
function readingOf(line: string, report: Report): Sample | null {
  const written = parseJson(line, report);
  if (written === undefined) return null;
  if (written === null || typeof written !== "object" || Array.isArray(written)) {
    report("config.wrong-type", "", "The line is not an object.", `Write ${shape}.`);
    return null;
  }
  const parsed = Sample.safeParse({ canary: null, baseline: null, ...written });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(issue, written, report);
    return null;
  }
  const sample = parsed.data;
  const isSound = (["canary", "baseline"] as const)
    .map((arm) => checkCounters(sample[arm], arm, report))
    .every(Boolean);
  return isSound ? sample : null;
}

const shape = "an object with `t`, `weight`, `canary` and `baseline`";

function parseJson(line: string, report: Report): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const found = /"([^"]+)"\s*:\s*(NaN|-?Infinity)\b/.exec(line);
    if (found)
      report(
        "config.not-allowed",
        found[1]!,
        `${found[1]} is ${found[2]}, which is no number.`,
        "Leave the version out (or write null) at a moment without data.",
      );
    else
      report(
        "config.input-invalid",
        "",
        `The line is not JSON: ${(error as Error).message}.`,
        "Write one JSON object to a line.",
      );
    return undefined;
  }
}

function reportIssue(issue: Issue, written: object, report: Report): void {
  const key = issue.path.map(String).join(".");
  const found = issue.path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    written,
  );
  if (issue.code === "unrecognized_keys") {
    for (const unknown of issue.keys)
      report(
        "config.unknown-key",
        key ? `${key}.${unknown}` : unknown,
        `${unknown} is not a key ${key ? `of ${key}` : "of a reading"}.`,
        `There are ${known(key)}.`,
      );
  } else if (found === undefined) report("config.missing-key", key, `${key} is missing.`, remedyFor(key));
  else if (typeof found === "number")
    report("config.not-allowed", key, `${key} is ${found}.`, remedyFor(key));
  else report("config.wrong-type", key, `${key} is ${JSON.stringify(found)}.`, remedyFor(key));
}

const keysOf: Record<string, string> = {
  "": "`t`, `weight`, `canary`, `baseline`, `replicas` and `alerts`",
  canary: "`requests`, `errors`, `latency`, `events` and `gauges`",
  baseline: "`requests`, `errors`, `latency`, `events` and `gauges`",
  replicas: "`ready`, `desired` and `restarts`",
};
const known = (key: string) => keysOf[key] ?? "`events` and `total`";

function remedyFor(key: string): string {
  if (key === "t") return "Write the seconds since the canary was started, 0 or more.";
  if (key === "weight") return "Write the share of the traffic in percent, 0 to 100.";
  if (key === "canary" || key === "baseline") return "Write its counters, or null where there are no data.";
  return "Write a number of 0 or more: counters only grow, and begin at 0 again after a restart.";
}

/** What a single reading of counters cannot be, whatever came before. */
function checkCounters(counters: Counters | null, arm: string, report: Report): boolean {
  if (!counters) return true;
  const { requests, errors, latency } = counters;
  let isSound = true;
  const refuse = (key: string, message: string, remedy: string): void => {
    isSound = false;
    report("config.not-allowed", `${arm}.${key}`, message, remedy);
  };
  if (errors > requests)
    refuse(
      "errors",
      `${arm}.errors is ${errors}, more than its ${requests} requests.`,
      "Count the failed requests among the requests too.",
    );
  const edges = edgesOf(latency);
  for (const edge of edges)
    if (edge !== "+Inf" && !(edge.trim() !== "" && Number.isFinite(Number(edge)) && Number(edge) >= 0))
      refuse(
        `latency.${edge}`,
        `${arm}.latency has a bucket \`${edge}\`.`,
        "Name a bucket by its upper bound in seconds, such as `0.25`, and the last one `+Inf`.",
      );
  if (!isSound) return false;
  if (edges.length > 0 && latency["+Inf"] === undefined)
    refuse("latency", `${arm}.latency has no bucket \`+Inf\`.`, "Add it: it counts every request.");
  edges.forEach((edge, i) => {
    const below = edges[i - 1];
    if (below !== undefined && latency[edge]! < latency[below]!)
      refuse(
        `latency.${edge}`,
        `${arm}.latency falls from ${latency[below]} up to ${below} s to ${latency[edge]} up to ${edge}.`,
        "The buckets are cumulative: each counts the requests of those below it too.",
      );
  });
  return isSound;
}
