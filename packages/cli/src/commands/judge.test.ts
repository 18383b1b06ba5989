import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Counters } from "@sluice/documents";
import { createJournal, type Entry, isMeasurement } from "@sluice/journal";
import { policyFor } from "@sluice/judge";
import { runRollout } from "@sluice/rollout";
import { fileJournalStore } from "@sluice/store";
import { Killed, MemoryEnvironment, memoryPorts, trust, VirtualClock, versionSpec } from "@sluice/testing";
import { afterAll, describe, expect, test } from "vitest";
import { sluice } from "../testing/terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-judge-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fileWith = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** Readings at 5 %, every 10 s, with these failures among 50 and 950 new requests. */
function readings(count: number, canary: number, baseline: number): string {
  const counters = (requests: number, errors: number): Counters => ({ requests, errors, latency: {} });
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      t: 10 * i,
      weight: 5,
      canary: counters(50 * i, canary * i),
      baseline: counters(950 * i, baseline * i),
    }),
  ).join("\n");
}
const bad = fileWith("bad.jsonl", readings(30, 3, 1));
const good = fileWith("good.jsonl", readings(40, 0, 1));
const open = fileWith("open.jsonl", `${readings(12, 1, 9)}\n`);

describe("sluice judge replay", () => {
  test.each([
    ["a good version", good, "promote", 0],
    ["a bad version", bad, "rollback", 1],
    ["one that nobody can tell about", open, "inconclusive", 3],
  ])("ends for %s with its verdict, as a word and as exit status", async (_, file, verdict, exitCode) => {
    const { stdout, exitCode: code } = await sluice("judge", "replay", file, "--json");
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(readFileSync(file, "utf8").trim().split("\n").length + 1);
    expect(Object.keys(JSON.parse(lines[0]!))).toEqual(["t", "verdict", "reason_code", "evidence"]);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ final: verdict });
    expect(code).toBe(exitCode);
  });

  test("gives the same bytes in another process, from standard input", async () => {
    const { stdout } = await sluice("judge", "replay", bad, "--json");
    const main = fileWith(
      "main.ts",
      `import { run } from ${JSON.stringify(join(import.meta.dirname, "../main.ts"))};\nawait run();\n`,
    );
    const input = readFileSync(bad);
    let other = "";
    try {
      execFileSync(process.execPath, [main, "judge", "replay", "-", "--json"], { input });
    } catch (error) {
      other = String((error as { stdout: Buffer }).stdout);
    }
    expect(other).toBe(stdout);
  });

  test("is a table for a person, with the bounds, the sentence and what it was judged by", async () => {
    const { stdout } = await sluice("judge", "replay", bad);
    expect(stdout).toContain("30 readings, judged by the default policy.");
    expect(stdout).toMatch(/time {2}weight +new version failed +old version failed +worse +as good/);
    expect(stdout).toMatch(/Worse: 100 is enough to roll back\. As good: 20 is enough to promote\./);
    expect(stdout).toMatch(/rollback after .* \(judge\.worse\)\n {2}The new version failed/);
  });

  test("goes by the configuration of a service where one is given, and refuses a service that is not there", async () => {
    fileWith(
      "project.yaml",
      "name: shop\nservices: [{ name: web, path: web, command: [a] }, { name: api, path: api, command: [a] }]\n",
    );
    const config = fileWith(
      "production-config.yaml",
      "environment: production\ntarget: local\ncanary: { analysis: { alpha: 2% } }\nservices: { web: { canary: { analysis: { alpha: 5% } } } }\n",
    );
    const alphaOf = async (...more: string[]) => {
      const { stdout } = await sluice("judge", "replay", bad, "--json", "--config", config, ...more);
      return JSON.parse(stdout.split("\n")[0]!).evidence.alpha;
    };
    expect([await alphaOf(), await alphaOf("--service", "web"), await alphaOf("--service", "api")]).toEqual([
      0.02, 0.05, 0.02,
    ]);
    const unknown = await sluice("judge", "replay", bad, "--config", config, "--service", "wep");
    expect(unknown).toMatchObject({ exitCode: 2, stdout: "" });
    expect(unknown.stderr).toContain("Did you mean `web`?");
  });

  test("draws a page that needs no network, the same each time", async () => {
    const page = join(folder, "chart.html");
    await sluice("judge", "replay", bad, "--chart", page);
    const text = readFileSync(page, "utf8");
    expect(text).toContain("The new version would be rolled back.");
    expect(text).toContain('class="plot"');
    expect(text).toContain("default-src 'none'");
    expect(text).not.toMatch(/(?:src|href)="https?:/);
    await sluice("judge", "replay", bad, "--chart", page);
    expect(readFileSync(page, "utf8")).toBe(text);
  });

  test("refuses what it cannot read with file, line and key, and writes nothing", async () => {
    const file = fileWith("wrong.jsonl", '{"t":1,"weight":5}\n{"t":0,"weight":500}\n');
    const { stdout, stderr, exitCode } = await sluice("judge", "replay", file);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toContain(`${file}:2: weight is 500.`);
    expect((await sluice("judge", "replay", join(folder, "none.jsonl"))).stderr).toContain(
      "config.unreadable",
    );
  });
});

describe("a journal is replayed to the verdicts that it holds", () => {
  const version = (name: string) => versionSpec(name, { replicas: 2 });
  const steps = [
    { weight: 5, pauseSeconds: 300 },
    { weight: 50, pauseSeconds: 300 },
    { weight: 100, pauseSeconds: 0 },
  ];

  /** A rollout as the engine makes it, with its journal in a file; it is killed now and then and taken up again. */
  async function rolloutOf(name: string, errorRatio: number, kills: readonly number[] = []) {
    const clock = new VirtualClock();
    const environment = new MemoryEnvironment({
      clock,
      behaviour: { "1.0.0": { errorRatio: 0.01 }, "2.0.0": { errorRatio } },
    });
    await trust(environment, clock, version("1.0.0"));
    await clock.sleep(10_000);
    const path = join(folder, name);
    const options = { steps, alpha: 0.02 };
    for (const [index, kill] of [...kills, Number.POSITIVE_INFINITY].entries()) {
      const journal = createJournal({
        store: fileJournalStore(path),
        run: `r${index}`,
        environment: "test",
        clock,
        // What is held back when the run is killed is lost: the next one judges without it, and so does the replay.
        holdBackSeconds: 25,
      });
      const earlier = (await journal.events()).flatMap((event) =>
        event.type === "rollout.sample" ? [event.data] : [],
      );
      const write = async (event: { type: string; data: unknown; service?: string }) => {
        environment.alive();
        const entry = { type: event.type, data: event.data, service: "shop" } as Entry;
        if (isMeasurement(entry)) return journal.measure(entry);
        await journal.appendAll(event.type === "rollout.started" ? [entry, policyEvent as Entry] : [entry]);
      };
      const policyEvent = { type: "rollout.policy", data: { options, learned: [] }, service: "shop" };
      environment.killAfter = environment.calls + kill;
      try {
        const result = await runRollout({
          ...memoryPorts(environment, clock),
          pollSeconds: 3,
          spec: {
            id: "a",
            service: "shop",
            version: version("2.0.0"),
            secrets: {},
            strategy: "canary",
            steps,
          },
          policy: policyFor(options),
          samples: earlier,
          record: write,
        });
        return { path, status: result.status };
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        environment.revive();
      }
    }
    throw new Error("the rollout did not end");
  }

  test.each([
    ["promoted", 0.01, [], "succeeded", 0],
    ["rolled back", 0.2, [], "rolled_back", 1],
    ["killed twice and taken up again", 0.01, [6, 4], "succeeded", 0],
  ] as const)(
    "of a rollout that was %s, to the last digit",
    async (name, errorRatio, kills, status, exitCode) => {
      const done = await rolloutOf(`${name}.jsonl`, errorRatio, kills);
      expect(done.status).toBe(status);
      const { stdout, exitCode: code } = await sluice("judge", "replay", done.path, "--json");
      const { recorded } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
      expect(recorded.verdicts).toBeGreaterThanOrEqual(3);
      const count = kills.length + 1;
      expect(recorded.same).toBe(recorded.verdicts);
      expect(code).toBe(exitCode);
      const table = await sluice("judge", "replay", done.path);
      expect(table.stdout).toContain("judged by the policy that the journal holds");
      const runs = Array.from({ length: count }, (_, i) => `r${i}`).join(", ");
      expect(table.stdout).toContain(`shop: 1.0.0 to 2.0.0, ${status.replace("_", " ")}, run ${runs}.`);
    },
  );

  test("says so when another configuration would have said something else", async () => {
    const { path } = await rolloutOf("other.jsonl", 0.01);
    const config = fileWith("other-config.yaml", "environment: other\ntarget: local\n");
    const { stdout } = await sluice("judge", "replay", path, "--config", config, "--json");
    const { recorded } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
    expect(recorded.same).toBeLessThan(recorded.verdicts);
  });

  test("names what there is when a service or a run is not in it", async () => {
    const { path } = await rolloutOf("names.jsonl", 0.01);
    expect((await sluice("judge", "replay", path, "--service", "web")).stderr).toContain(
      "It holds rollouts of shop.",
    );
    expect((await sluice("judge", "replay", path, "--run", "r9")).stderr).toContain("The runs are r0.");
  });
});

describe("sluice judge plan", () => {
  test("says when 2, 5 and 50 times as many errors are found, and proposes steps", async () => {
    const args = [
      "judge",
      "plan",
      "--rate",
      "6000/m",
      "--error-ratio",
      "0.1%",
      "--latency",
      "p50=120ms,p99=400ms",
    ];
    const { stdout, exitCode } = await sluice(...args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("What these steps find at 100 requests/s and 0.1% errors");
    expect(stdout).toMatch(
      /50 times as many errors: found after about \d+s, with about \d+ failed responses/,
    );
    expect(stdout).toMatch(/2 times the latency: found after/);
    expect(stdout).toMatch(/canary:\n {2}steps:\n {4}- \{ weight: \d+, pause: \d+m \}/);
    const json = JSON.parse((await sluice(...args, "--json")).stdout);
    expect(json).toMatchObject({ schema: "sluice/detection/v1", exposure: 25 });
    expect(json.detections.map(({ ratio }: { ratio: number }) => ratio)).toEqual([2, 5, 50, 1.25, 2]);
    expect(json.proposal.detection.badResponses).toBeLessThanOrEqual(25);
  });

  test("warns of a step that is too short to see anything", async () => {
    const { stdout } = await sluice(
      ...["judge", "plan", "--rate", "1/s", "--error-ratio", "0.1%", "--steps", "5:10m,50:1m"],
    );
    expect(stdout).toContain("plan.step-too-short");
    expect(stdout).toMatch(/even 50 times as many errors would take about \S+ to find, and it lasts 10m/);
  });

  test.each([
    ["--rate", "100", "`100/s`"],
    ["--rate", "0/s", "`100/s`"],
    ["--error-ratio", "0.1", "with its sign"],
    ["--error-ratio", "0%", "no ratio to compare with"],
    ["--steps", "50:10m,25:10m", "Weights rise"],
    ["--steps", "0:10m", "above 0"],
    ["--steps", "101:10m", "at most 100"],
    ["--steps", "5:10", "Not understood: `5:10`"],
    ["--steps", "5", "has no pause"],
    ["--latency", "120ms", "`p50=120ms,p99=400ms`"],
    ["--latency", "p50=400ms,p99=120ms", "the second above the first"],
    ["--exposure", "-3", "1 or more"],
  ])("refuses %s %s", async (option, value, remedy) => {
    const options = { "--rate": "100/s", "--error-ratio": "0.1%", [option]: value };
    const args = Object.entries(options).map(([name, text]) => `${name}=${text}`);
    const { stderr, exitCode } = await sluice("judge", "plan", ...args);
    expect(stderr).toContain(remedy);
    expect(exitCode).toBe(2);
  });
});
