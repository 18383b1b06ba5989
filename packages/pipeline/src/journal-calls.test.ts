/** What a long rollout costs on a branch: GitHub allows a repository about 1,000 calls an hour. */

import { createJournal } from "@sluice/journal";
import { policyFor } from "@sluice/judge";
import type { JournalStore } from "@sluice/ports";
import { runRollout } from "@sluice/rollout";
import { MemoryEnvironment, memoryPorts, VirtualClock, versionSpec } from "@sluice/testing";
import { startFakeGitHub } from "@sluice/testing/github";
import { expect, test } from "vitest";
import { journalHome } from "./journal-home.ts";
import { withLock } from "./lock.ts";
import { recordIn } from "./record.ts";

const minutes = (count: number) => 60 * count;
const steps = [
  { weight: 5, pauseSeconds: minutes(10) },
  { weight: 25, pauseSeconds: minutes(10) },
  { weight: 50, pauseSeconds: minutes(15) },
  { weight: 100, pauseSeconds: 0 },
];

const version = (name: string) => versionSpec(name, { replicas: 4 });

/** Counts the calls that are under way, so that virtual time stands still meanwhile. */
function watched(store: JournalStore) {
  const state = { busy: 0 };
  const during = async <T>(call: Promise<T>): Promise<T> => {
    state.busy += 1;
    try {
      return await call;
    } finally {
      state.busy -= 1;
    }
  };
  const seen: JournalStore = {
    read: () => during(store.read()),
    append: (events, after) => during(store.append(events, after)),
  };
  return { state, store: seen };
}

test("a canary of 35 minutes with a sample every 5 seconds makes fewer than 350 calls, and records all of it", async () => {
  const github = await startFakeGitHub();
  const clock = new VirtualClock({ isManual: true });
  const home = await journalHome({
    journal: "branch",
    state: "",
    project: "shop",
    environment: "production",
    githubToken: github.token,
    variables: { GITHUB_REPOSITORY: "acme/shop", GITHUB_API_URL: github.url },
    clock,
    signal: new AbortController().signal,
  });
  const { state, store } = watched(home.store);
  const journal = createJournal({ ...home, store, run: "r1", environment: "production", clock });

  const environment = new MemoryEnvironment({ clock });
  environment.apply({ type: "ensure-version", service: "shop", spec: version("1.0.0"), secrets: {} });
  await clock.advance(2000);
  environment.setWeights({ "1.0.0": 100 });
  environment.apply({ type: "mark-stable", service: "shop", version: "1.0.0" });

  const context = { journal, owner: "anna", clock, lockTerms: home.lockTerms };
  let isOver = false;
  const rollout = withLock(context, (fence) =>
    runRollout({
      ...memoryPorts(environment, clock),
      fence,
      spec: {
        id: "plan",
        service: "shop",
        version: version("1.1.0"),
        secrets: {},
        strategy: "canary",
        steps,
        rolling: { pauseSeconds: 10 },
        bluegreen: { testDurationSeconds: 60 },
        startTimeoutSeconds: 60,
      },
      policy: policyFor({ steps }),
      samples: [],
      sampleSeconds: 5,
      pollSeconds: 1,
      record: recordIn({ journal }),
    }),
  ).finally(() => {
    isOver = true;
  });
  const began = clock.now();
  while (!isOver) {
    await new Promise(setImmediate);
    if (state.busy === 0) await clock.advance(1000);
  }
  const result = await rollout;
  const calls = github.requests.length;
  const seconds = (clock.now() - began) / 1000;
  const events = await home.store.read();
  await github.close();

  expect(result).toMatchObject({ status: "succeeded", to: "1.1.0" });
  expect(seconds).toBeGreaterThan(minutes(35));
  expect(calls, "stated in packages/github/README.md").toBeLessThan(350);
  const samples = events.flatMap((event) => (event.type === "rollout.sample" ? [event] : []));
  expect(samples.length).toBeGreaterThanOrEqual(minutes(35) / 5);
  // In order, each once: a sample and then its verdict, each with the time at which it was made.
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  const times = events.map(({ at }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(samples.map(({ data }) => data.t)).size).toBe(samples.length);
  for (const { sequence } of samples) expect(events[sequence]?.type).toBe("rollout.verdict");
  expect([events[0]?.type, events.at(-1)?.type]).toEqual(["lock.acquired", "lock.released"]);
});
