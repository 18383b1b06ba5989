/**
 * The whole pipeline on this machine: a shop of three services on a real PostgreSQL is deployed, gets a good release
 * by canary under load, then a bad one that is found and taken back. Needs Node and nothing else.
 *
 *     npm run demo
 */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { startPostgres } from "../packages/testing/src/postgres.ts";
import { findLeftovers } from "./demo/leftovers.ts";
import { type Load, startLoad } from "./demo/load.ts";
import { judgeDemo, measure, type ReleaseRun } from "./demo/measure.ts";
import { shopTraffic } from "./demo/shop-traffic.ts";
import { sluice } from "./demo/sluice.ts";
import { toTable } from "./demo/table.ts";
import { makeWorkspace } from "./demo/workspace.ts";

const root = resolve(import.meta.dirname, "..");
const out = join(root, "out");
const dist = join(root, "dist");
const began = Date.now();

const cancel = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => cancel.abort(new Error(`stopped by ${name}`)));

process.exitCode = await demo();

async function demo(): Promise<number> {
  if (!existsSync(join(dist, "cli", "index.js"))) {
    console.error("dist/ is missing. Build it first: npm run build");
    return 2;
  }
  title("A shop of three services, a PostgreSQL and a customer every four milliseconds");

  const postgres = await startPostgres();
  const stateDirectory = join(out, "demo", "state");
  const journal = join(stateDirectory, "demo", "journal.jsonl");
  const environment = { ...process.env, DATABASE_URL: postgres.url, SLUICE_STATE_DIR: stateDirectory };
  const workspace = await makeWorkspace(join(root, "examples", "shop"));
  const run = sluice({ dist, directory: workspace.directory, environment, signal: cancel.signal });
  const common = ["--environment", "demo", "--out", out];

  // What an earlier demonstration left, should it have been killed, ends before its files go.
  await stopAll(run, common);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });

  let load: Load | undefined;
  const releases: ReleaseRun[] = [];
  const release = async (version: string, text: string, ...more: string[]): Promise<void> => {
    title(text);
    const loadBefore = load?.report();
    const startedAt = Date.now();
    const answer = await run("run", ...common, "--version", version, ...more);
    releases.push(
      await measure({
        version,
        title: text,
        startedAt,
        answer,
        out,
        journal,
        loadBefore,
        loadAfter: load?.report(),
      }),
    );
  };

  try {
    await release("1.0.0", "Release 1.0.0 goes into an empty environment");
    if (releases[0]?.status !== "succeeded")
      throw new Error("The first release failed, so there is nothing to go on with.");
    const urls = await addresses(run, common);
    load = startLoad(shopTraffic(urls));
    const first = await workspace.release("2.0.0");
    await release(
      "2.0.0",
      "Release 2.0.0, with an expand migration, by canary under load",
      "--services",
      "orders",
      ...since(first),
    );
    const second = await workspace.release("3.0.0");
    await release(
      "3.0.0",
      "Release 3.0.0 has a regression that nobody knows of",
      "--services",
      "orders",
      ...since(second),
    );
    await load.settle();
    const total = await load.stop();
    await run("report", ...common);
    await run("stop", ...common);
    await postgres.stop();
    const leftovers = await findLeftovers(stateDirectory, Object.values(urls));
    const verdict = judgeDemo(releases, total, leftovers);
    const table = toTable(releases, total, (Date.now() - began) / 1000);
    await writeFile(join(out, "measured.txt"), `${table}\n`);
    console.log(`\n${table}\n`);
    console.log(`The report: ${join(out, "report.html")}`);
    for (const complaint of verdict) console.error(`NOT AS IT SHOULD BE: ${complaint}`);
    return verdict.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await load?.stop();
    await stopAll(run, common);
    await postgres.stop();
    await workspace.remove();
  }
}

/** The scan of the commits of a release, where there is a history. */
function since(commit: string | null): string[] {
  return commit ? ["--base", commit] : [];
}

/** Where each service is, as `sluice status` says it. */
async function addresses(
  run: ReturnType<typeof sluice>,
  common: readonly string[],
): Promise<Record<string, string>> {
  const { output } = await run("status", ...common);
  const { services } = JSON.parse(output) as { services: { service: string; url: string | null }[] };
  return Object.fromEntries(services.flatMap(({ service, url }) => (url ? [[service, url]] : [])));
}

/** Also after a failure or a cancel nothing is left running. */
async function stopAll(run: ReturnType<typeof sluice>, common: readonly string[]): Promise<void> {
  try {
    await run("stop", ...common);
  } catch {
    // The demonstration is being stopped itself; the command was not started.
  }
}

function title(text: string): void {
  console.log(`\n${process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : `== ${text}`}`);
}
