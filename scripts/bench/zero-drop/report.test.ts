import { expect, test } from "vitest";
import { count, emptyTally } from "../traffic/tally.ts";
import { closedEntry, killSwitchLine, lossesOf } from "./report.ts";

const attempt = (sentAt: number, failure: string | null = null, version: string | null = "v1") => ({
  sentAt,
  answeredAt: sentAt + 10,
  version,
  failure,
});

test("a single failure of any kind is a loss; the stated gap of recreate and the errors of a bad version are none", () => {
  const tally = emptyTally();
  count(tally, "rolling", "GET", attempt(1));
  count(tally, "recreate", "GET", attempt(2, "HTTP 503", null));
  count(tally, "bad release", "GET", attempt(3, "HTTP 500"));
  expect(lossesOf(tally)).toEqual([]);
  count(tally, "rolling", "GET", attempt(4, "ECONNRESET", null));
  count(tally, "recreate", "GET", attempt(5, "ECONNRESET", null));
  count(tally, "canary", "GET", attempt(6, "HTTP 503", null));
  expect(lossesOf(tally)).toHaveLength(3);
});

test("the gap lasts from the first refusal to the last", () => {
  const tally = emptyTally();
  for (const at of [1000, 1500, 3000]) count(tally, "recreate", "GET", attempt(at, "HTTP 503", null));
  expect(closedEntry(tally, "recreate")).toContain("2.00 s, in which 3 requests");
});

test("a version is gone when it was sent its last request, not when it has answered", () => {
  const tally = emptyTally();
  count(tally, "bad release", "GET", attempt(1000, "HTTP 500", "bad"));
  count(tally, "bad release", "GET", attempt(2100, null, "bad"));
  const line = killSwitchLine(tally, { version: "bad", by: "the judge", at: 2000 });
  expect(line).toContain("1.00 s after its first request; 1 bad answers of 2");
  expect(line).toContain("last request sent to it 100 ms after");
});
