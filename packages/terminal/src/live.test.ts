import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { liveLog } from "./live.ts";

const esc = String.fromCharCode(27);
const erasing = new RegExp(`(${esc}\\[\\d+A${esc}\\[0J|\\n)`);
const upwards = new RegExp(`^${esc}\\[(\\d+)A`);

/** What a terminal shows after everything that was written to it. */
function screenOf(text: string): string[] {
  const lines: string[] = [""];
  for (const part of text.split(erasing)) {
    const up = upwards.exec(part);
    if (up) lines.splice(-1 - Number(up[1]), Number(up[1]) + 1, "");
    else if (part === "\n") lines.push("");
    else lines[lines.length - 1] += stripVTControlCharacters(part);
  }
  return lines;
}

const rollout = (weight: number) =>
  ({
    type: "rollout",
    service: "orders",
    version: "2.0.0",
    weights: { "1.0.0": 100 - weight, "2.0.0": weight },
    step: { index: 0, count: 4 },
    waitingFor: "the step to last its time",
    remainingSeconds: 4,
  }) as const;

test("a rollout has one block that is redrawn below the messages", () => {
  let written = "";
  const log = liveLog({ write: (text) => (written += text), columns: 100 }, () => 0);
  log.onProgress(rollout(5));
  log.onProgress({ type: "message", text: "something else" });
  log.onProgress(rollout(25));
  const screen = screenOf(written);
  expect(screen[0]).toMatch(/something else$/);
  expect(screen.filter((line) => line.includes("orders"))).toHaveLength(1);
  expect(screen[1]).toMatch(/orders 2\.0\.0 █████░{15} 25 %/);
});

test("two rollouts at the same time have a block each, and each leaves a line when it is over", () => {
  let written = "";
  const log = liveLog({ write: (text) => (written += text), columns: 100 }, () => 0);
  const payments = (weight: number) => ({ ...rollout(weight), service: "payments" });
  log.onProgress(rollout(5));
  log.onProgress(payments(5));
  const last = { step: { index: 3, count: 4 }, remainingSeconds: 0 };
  const waits = "payments to be done with the step of 100 % too";
  for (let looks = 0; looks < 3; looks++) log.onProgress({ ...rollout(100), ...last, waitingFor: waits });
  const shown = screenOf(written).filter((line) => /step|orders|payments/.test(line));
  expect(shown).toEqual([
    expect.stringMatching(/^ {2}orders 2\.0\.0 █{20} 100 % {2}step 4\/4/),
    expect.stringContaining(waits),
    expect.stringMatching(/^ {2}payments 2\.0\.0 █░{19} 5 % {2}step 1\/4/),
    expect.stringContaining("the step to last its time, 4 s at most"),
  ]);
  log.onProgress({ ...rollout(100), ...last, waitingFor: "2.0.0 has all of the traffic.", isOver: true });
  const after = screenOf(written).filter((line) => /orders|payments/.test(line));
  expect(after).toEqual([
    expect.stringMatching(/orders: step 4\/4 \| .* \| 2\.0\.0 has all of the traffic\.$/),
    expect.stringMatching(/^ {2}payments 2\.0\.0/),
  ]);
});

test("no line is wider than the terminal", () => {
  let written = "";
  const log = liveLog({ write: (text) => (written += text), columns: 40 }, () => 0);
  log.onProgress(rollout(5));
  for (const line of screenOf(written)) expect(line.length).toBeLessThan(40);
});

test("closing it leaves nothing of the block behind", () => {
  let written = "";
  const log = liveLog({ write: (text) => (written += text), columns: 100 }, () => 0);
  log.onProgress(rollout(5));
  log.close();
  expect(screenOf(written)).toEqual([""]);
});
