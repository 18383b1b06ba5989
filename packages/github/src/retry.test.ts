import type { Clock } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { type ApiError, retrying, waitBeforeRetry } from "./retry.ts";

const NOW = Date.UTC(2026, 0, 1);

const apiError = (status: number, headers: Record<string, string> = {}, message = "no"): ApiError =>
  Object.assign(new Error(message), { status, response: { headers } });

/** A clock whose time passes only by sleeping. */
const clockOf = () => {
  const slept: number[] = [];
  const clock: Clock = {
    now: () => NOW + slept.reduce((sum, each) => sum + each, 0),
    sleep: async (milliseconds) => void slept.push(milliseconds),
  };
  return { clock, slept };
};

describe("waiting before a call is repeated", () => {
  test.each([
    ["a server error", apiError(502), 3, 4],
    ["a server error that says when", apiError(503, { "retry-after": "7" }), 1, 7],
    ["too many requests", apiError(429, { "retry-after": "30" }), 1, 30],
    [
      "the primary limit",
      apiError(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 45) }),
      1,
      45,
    ],
    [
      "a limit that has passed",
      apiError(429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 - 5) }),
      1,
      0,
    ],
    [
      "the secondary limit without a header",
      apiError(403, {}, "You have exceeded a secondary rate limit"),
      1,
      60,
    ],
    ["a missing permission", apiError(403, {}, "Resource not accessible by integration"), 1, null],
    ["a conflict", apiError(422), 1, null],
    ["something that is not there", apiError(404), 1, null],
  ])("%s", (_, error, attempt, seconds) => {
    expect(waitBeforeRetry(error, attempt, NOW)).toBe(seconds);
  });
});

describe("repeating a call", () => {
  test("until it succeeds, with growing waits", async () => {
    const { clock, slept } = clockOf();
    let calls = 0;
    const answer = await retrying(
      () => {
        calls++;
        if (calls < 4) throw apiError(500);
        return "done";
      },
      { clock },
    );
    expect(answer).toBe("done");
    expect(slept).toEqual([1000, 2000, 4000]);
  });

  test("gives up after five attempts and hands the last error over", async () => {
    const { clock, slept } = clockOf();
    await expect(retrying(() => Promise.reject(apiError(503)), { clock })).rejects.toMatchObject({
      status: 503,
    });
    expect(slept).toHaveLength(4);
  });

  test("does not wait for a limit that lasts longer than a job should", async () => {
    const { clock, slept } = clockOf();
    const limited = apiError(403, {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(NOW / 1000 + 3000),
    });
    await expect(retrying(() => Promise.reject(limited), { clock })).rejects.toBe(limited);
    expect(slept).toEqual([]);
  });

  test("does not wait longer in all than its caller can", async () => {
    const { clock, slept } = clockOf();
    const call = () => Promise.reject(apiError(503));
    await expect(retrying(call, { clock, patienceSeconds: 5 })).rejects.toMatchObject({ status: 503 });
    expect(slept).toEqual([1000, 2000]);
  });

  test("in a hurry ends its wait at once, and is made once more", async () => {
    const hurry = new AbortController();
    let calls = 0;
    const clock: Clock = {
      now: () => NOW,
      sleep: (_, signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason));
          hurry.abort();
        }),
    };
    const call = () => {
      calls++;
      return calls === 1 ? Promise.reject(apiError(503, { "retry-after": "60" })) : "done";
    };
    expect(await retrying(call, { clock, hurry: hurry.signal })).toBe("done");
    const { clock: other, slept } = clockOf();
    const failing = retrying(() => Promise.reject(apiError(503)), { clock: other, hurry: hurry.signal });
    await expect(failing).rejects.toMatchObject({ status: 503 });
    expect(slept, "there is time for one more attempt").toEqual([1000]);
  });

  test("stops when the run is cancelled", async () => {
    const { clock } = clockOf();
    let calls = 0;
    const signal = AbortSignal.abort();
    const call = () => {
      calls++;
      return Promise.reject(apiError(500));
    };
    await expect(retrying(call, { clock, signal })).rejects.toMatchObject({ status: 500 });
    expect(calls).toBe(1);
  });

  test("passes a defect on at once", async () => {
    const { clock } = clockOf();
    await expect(retrying(() => Promise.reject(new TypeError("oops")), { clock })).rejects.toThrow("oops");
  });
});
