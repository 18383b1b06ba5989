import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoadSummary, Result } from "@sluice/documents";
import { writeFileAtomic } from "@sluice/store";
import type { Context } from "./context.ts";

/** Order of the stages in a run, for results that are read back. */
const order = ["plan", "build", "scan", "migrate", "deploy", "verify", "watch", "rollback", "report"];

/** What one run left in the output folder. */
export interface RunFolder {
  run: string;
  /** In the order of the stages. */
  results: Result[];
  /** What a load generator saw meanwhile, when one wrote `load.json` beside the results. */
  load: LoadSummary | null;
}

const folderOf = (context: Pick<Context, "out">, run: string): string => join(context.out, "runs", run);

export function writeResult(context: Pick<Context, "out" | "run">, result: Result): void {
  writeFileAtomic(
    join(folderOf(context, context.run), `${result.stage}.json`),
    `${JSON.stringify(result, null, 2)}\n`,
  );
}

/** Every run that the output folder holds, oldest first. A file that cannot be read is left out: it was not written by Sluice. */
export async function readRuns(context: Pick<Context, "out">): Promise<RunFolder[]> {
  const entries = await readdir(join(context.out, "runs"), { withFileTypes: true }).catch(() => []);
  const folders = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => readRun(folderOf(context, entry.name), entry.name)),
  );
  const startOf = ({ results }: RunFolder): string =>
    results.map(({ startedAt }) => startedAt).toSorted()[0] ?? "";
  return folders
    .filter(({ results }) => results.length > 0)
    .toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

async function readRun(folder: string, run: string): Promise<RunFolder> {
  const results: Result[] = [];
  for (const stage of order) {
    const parsed = Result.safeParse(await readJson(join(folder, `${stage}.json`)));
    if (parsed.success) results.push(parsed.data);
  }
  const load = LoadSummary.safeParse(await readJson(join(folder, "load.json")));
  return { run, results, load: load.success ? load.data : null };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}
