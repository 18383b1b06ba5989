import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServiceSettings } from "@sluice/config";
import type { StrategySetting } from "@sluice/documents";
import type { Progress } from "@sluice/ports";
import { systemClock } from "@sluice/process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holdForAlerts } from "./alert-gate.ts";

/** What a Prometheus of these tests says at each question; the last answer is repeated. */
let answers: (string[] | null)[] = [];
let asked = 0;
let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((_, response) => {
    const names = answers[Math.min(asked++, answers.length - 1)];
    if (!names) return response.writeHead(503).end();
    const alerts = names.map((alertname) => ({
      labels: { alertname, severity: "critical" },
      state: "firing",
    }));
    response.end(JSON.stringify({ status: "success", data: { alerts } }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

function hold(
  list: (string[] | null)[],
  {
    signal = new AbortController().signal,
    maxHoldSeconds = 600,
    configured = "canary",
    asked: strategy,
  }: {
    signal?: AbortSignal;
    maxHoldSeconds?: number;
    configured?: StrategySetting;
    asked?: StrategySetting;
  } = {},
) {
  answers = list;
  asked = 0;
  const said: string[] = [];
  const settings = {
    name: "shop",
    strategy: configured,
    canary: { analysis: { alerts: { url, severity: "critical" }, maxHoldSeconds } },
  } as unknown as ServiceSettings;
  // Time passes at once; the questions are real.
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
      await systemClock.sleep(0);
    },
  };
  const onProgress = (progress: Progress) => void said.push("text" in progress ? progress.text : "");
  const context = { clock, signal, onProgress, labels: [] };
  const outcome = holdForAlerts(context, { settings, version: "2.0.0", strategy }, "1.0.0");
  return { outcome, said };
}

describe("a deployment that has not begun (R273)", () => {
  test("begins at once where no critical alert fires", async () => {
    expect(await hold([[]]).outcome).toBeNull();
    expect(asked).toBe(1);
  });

  test("waits while one fires, and says which", async () => {
    const { outcome, said } = hold([["Errors"], ["Errors"], []]);
    expect(await outcome).toBeNull();
    expect(said).toEqual(["held before it begins: Errors is firing."]);
  });

  test("is held when it goes on for too long, and says how it can be begun all the same", async () => {
    const held = await hold([["Disk", "Errors"]]).outcome;
    expect(held).toMatchObject({ status: "held", reasonCode: "deploy.held", from: "1.0.0", to: "2.0.0" });
    expect(held!.message).toBe(
      "2.0.0 was not begun: Disk, Errors are firing. Deploy it again, or with `--despite-alerts` (the input `despite-alerts`) where it is what mends them.",
    );
    expect(held!.seconds).toBeGreaterThanOrEqual(600);
  });

  test.each([
    ["canary", "recreate", "recreate"],
    ["auto", undefined, "bluegreen"],
    ["rolling", "auto", "bluegreen"],
  ] as const)(
    "is held under the strategy by which it would have gone out: configured %s, asked for %s (R079, C23)",
    async (configured, asked, strategy) => {
      const held = await hold([["Errors"]], { configured, asked }).outcome;
      expect(held).toMatchObject({ status: "held", strategy });
    },
  );

  test("is held as well while nobody knows, and that is inconclusive", async () => {
    expect(await hold([null, []]).outcome).toBeNull();
    expect(await hold([null], { maxHoldSeconds: 30 }).outcome).toMatchObject({
      status: "inconclusive",
      reasonCode: "judge.metrics-away",
    });
  });

  test("ends its wait when the run is stopped", async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await hold([["Errors"]], { signal: controller.signal }).outcome).toMatchObject({
      status: "cancelled",
    });
  });
});
