/**
 * Whether a release loses requests: clients of many kinds use a service of the local target over real HTTP while good
 * versions replace each other by every strategy. Ends with 1 when a single request was lost.
 *
 *     npm run bench:zero-drop [-- --quick] [--requests 1000000] [--rate 2000]
 */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Clients, startClients } from "../traffic/clients-process.ts";
import { benchEnvironment } from "../traffic/environment.ts";
import { requestsOf } from "../traffic/tally.ts";
import type { Start } from "./clients.ts";
import { abortedRelease, badRelease, firstVersion, phases, recreate } from "./phases.ts";
import { closedEntry, killSwitchLine, lossesOf, table } from "./report.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    requests: { type: "string" },
    rate: { type: "string", default: "2000" },
  },
});
const wanted = Number(values.requests ?? (values.quick ? 0 : 1_000_000));
const rate = Number(values.rate);
const takenBack = values.quick ? 1 : 5;

const environment = await benchEnvironment();
const began = Date.now();
let clients: Clients | undefined;
/** Versions that were trusted, newest last. */
const versions = ["v0"];
try {
  const url = await firstVersion(environment);
  const port = Number(new URL(url).port);
  const load = await startClients<Start>(join(import.meta.dirname, "clients.ts"), { port, rate });
  clients = load;
  const releases: Record<string, number> = {};
  const next = () => `v${versions.length}`;
  /** A phase with failures of its own begins when nothing is under way that was sent in the phase before. */
  const beginApart = async (name: string) => {
    await load.phase(name);
    await load.settle();
  };
  for (const { name, isBackwards, change } of phases) {
    await load.phase(name);
    do {
      const version = isBackwards ? versions.at(-2)! : next();
      await change(environment, version);
      versions.push(version);
      releases[name] = (releases[name] ?? 0) + 1;
    } while (requestsOf(await load.report(), name) < wanted / phases.length);
    console.log(`${name.padEnd(24)}${releases[name]} releases done`);
  }
  await beginApart(recreate.name);
  await recreate.change(environment, next());
  const stopped: { version: string; by: string; at: number }[] = [];
  for (let i = 0; i < takenBack; i++) {
    await beginApart("bad release");
    stopped.push({ version: `bad${i}`, by: "the judge", at: await badRelease(environment, `bad${i}`) });
    await load.phase("aborted");
    stopped.push({ version: `no${i}`, by: "a person", at: await abortedRelease(environment, `no${i}`) });
  }
  const tally = await load.stop();
  const losses = lossesOf(tally);

  console.log(
    `\nNode ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]!.toFixed(1)}, ${((Date.now() - began) / 1000).toFixed(0)} s`,
  );
  console.log(
    `\n${table(tally, [...phases.map(({ name }) => name), recreate.name, "bad release", "aborted"], releases)}\n`,
  );
  console.log(closedEntry(tally, recreate.name));
  for (const each of stopped) console.log(killSwitchLine(tally, each));
  for (const loss of losses) console.error(`LOST: ${loss}`);
  console.log(`\n${requestsOf(tally)} requests, ${losses.length === 0 ? "none lost" : "some LOST"}`);
  process.exitCode = losses.length === 0 ? 0 : 1;
} finally {
  clients?.end();
  await environment.stop();
}
