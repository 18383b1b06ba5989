import { describe, expect, test } from "vitest";
import { VirtualClock } from "./clock.ts";

describe("a virtual clock", () => {
  test("wakes sleepers in the order of their times, each at its own", async () => {
    const clock = new VirtualClock({ start: 0 });
    const woken: [string, number][] = [];
    const sleeper = async (name: string, times: number[]) => {
      for (const time of times) {
        await clock.sleep(time);
        woken.push([name, clock.now()]);
      }
    };
    await Promise.all([sleeper("a", [100, 100]), sleeper("b", [150]), sleeper("c", [3_600_000])]);
    expect(woken).toEqual([
      ["a", 100],
      ["b", 150],
      ["a", 200],
      ["c", 3_600_000],
    ]);
  });

  test("ends a sleep with the reason of the signal, and forgets it", async () => {
    const clock = new VirtualClock({ start: 0 });
    const controller = new AbortController();
    const sleep = clock.sleep(1_000_000, controller.signal);
    controller.abort(new Error("SIGINT"));
    await expect(sleep).rejects.toThrow("SIGINT");
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow("SIGINT");
    await clock.sleep(10);
    expect(clock.now()).toBe(10);
  });

  test("stands still until it is moved, when it is made so", async () => {
    const clock = new VirtualClock({ start: 0, isManual: true });
    let at = -1;
    const sleep = clock.sleep(500).then(() => {
      at = clock.now();
    });
    await clock.advance(400);
    expect(at).toBe(-1);
    await clock.advance(400);
    await sleep;
    expect(at).toBe(500);
    expect(clock.now()).toBe(800);
  });
});
