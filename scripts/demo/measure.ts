import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event, EventOf } from "../../packages/documents/src/event.ts";
import type { Result } from "../../packages/documents/src/result.ts";
import type { LoadReport } from "./load.ts";
import { loadSummary } from "./load-summary.ts";
import type { Answer } from "./sluice.ts";

/** One release with everything that was measured about it. */
export interface ReleaseRun {
  version: string;
  title: string;
  exitCode: number | null;
  status: string;
  results: Result[];
  /** Seconds from the first request that the new version answered until the judge had its verdict. */
  secondsToVerdict: number | null;
  /** Seconds from the verdict until all traffic was on the old version again; null when it was not taken back. */
  secondsUntilBack: number | null;
  /** What customers saw while it went out; null without load. */
  sent: number | null;
  failed: number | null;
  /** Bad answers that the new version gave to customers. */
  badResponses: number;
}

export async function measure(input: {
  version: string;
  title: string;
  startedAt: number;
  answer: Answer;
  out: string;
  journal: string;
  loadBefore: LoadReport | undefined;
  loadAfter: LoadReport | undefined;
}): Promise<ReleaseRun> {
  const { version, title, answer, out, loadBefore, loadAfter } = input;
  const { folder, results } = await findRun(join(out, "runs"), version);
  const events = (await readEvents(input.journal)).filter((event) => Date.parse(event.at) >= input.startedAt);
  if (folder && loadAfter)
    await writeFile(
      join(folder, "load.json"),
      JSON.stringify(loadSummary(loadAfter, loadBefore, input.startedAt)),
    );
  const seen = loadAfter?.versions[version];
  const verdict = decisiveVerdict(events);
  const verdictAt = verdict ? Date.parse(verdict.at) : null;
  return {
    version,
    title,
    exitCode: answer.exitCode,
    status: answer.result?.status ?? "no result",
    results,
    secondsToVerdict: seen && verdictAt ? (verdictAt - seen.firstAt) / 1000 : null,
    secondsUntilBack:
      verdictAt && verdict?.data.verdict === "rollback" ? backAfter(events, version, verdictAt) : null,
    sent: loadAfter ? loadAfter.requests - (loadBefore?.requests ?? 0) : null,
    failed: loadAfter ? loadAfter.failed - (loadBefore?.failed ?? 0) : null,
    badResponses: seen?.failed ?? 0,
  };
}

async function findRun(
  folder: string,
  version: string,
): Promise<{ folder: string | null; results: Result[] }> {
  for (const name of await readdir(folder).catch(() => [])) {
    const files = await readdir(join(folder, name));
    const results = await Promise.all(
      files
        .filter((file) => file.endsWith(".json") && file !== "load.json")
        .map(async (file) => JSON.parse(await readFile(join(folder, name, file), "utf8")) as Result),
    );
    if (results.some((result) => result.version === version))
      return {
        folder: join(folder, name),
        results: results.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)),
      };
  }
  return { folder: null, results: [] };
}

async function readEvents(journal: string): Promise<Event[]> {
  const text = await readFile(journal, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);
}

/** The verdict that ended the comparison: a rollback, or the last promotion. */
function decisiveVerdict(events: readonly Event[]): EventOf<"rollout.verdict"> | undefined {
  const verdicts = events.filter(
    (event): event is EventOf<"rollout.verdict"> => event.type === "rollout.verdict",
  );
  return (
    verdicts.find(({ data }) => data.verdict === "rollback") ??
    verdicts.findLast(({ data }) => data.verdict === "promote")
  );
}

function backAfter(events: readonly Event[], version: string, verdictAt: number): number | null {
  const back = events.find(
    (event) =>
      event.type === "rollout.weights" &&
      Date.parse(event.at) >= verdictAt &&
      (event.data.weights[version] ?? 0) === 0,
  );
  return back ? (Date.parse(back.at) - verdictAt) / 1000 : null;
}

/** What must hold for the demonstration to count; empty when everything does. */
export function judgeDemo(
  releases: readonly ReleaseRun[],
  load: LoadReport,
  leftovers: readonly string[],
): string[] {
  const [first, good, bad] = releases;
  const complaints: string[] = [];
  if (first?.status !== "succeeded") complaints.push(`release 1.0.0 ended as ${first?.status ?? "nothing"}`);
  if (good?.status !== "succeeded")
    complaints.push(`the good release 2.0.0 ended as ${good?.status ?? "nothing"}`);
  if (good?.failed !== 0)
    complaints.push(`customers lost ${good?.failed ?? "unknown"} requests during the good release 2.0.0`);
  if (bad?.status !== "rolled_back")
    complaints.push(`the bad release 3.0.0 ended as ${bad?.status ?? "nothing"}`);
  if (bad?.exitCode === 0) complaints.push("the bad release 3.0.0 ended with exit status 0");
  const seconds = (load.finishedAt - load.startedAt) / 1000;
  if (load.requests / seconds < 200)
    complaints.push(`the load was ${(load.requests / seconds).toFixed(0)} requests/s instead of 200`);
  for (const leftover of leftovers) complaints.push(`left running: ${leftover}`);
  return complaints;
}
