import type { Revision, VersionSpec } from "@sluice/ports";
import { expect, test } from "vitest";
import { version } from "./testing/scenario.ts";
import { recentlyTrusted } from "./window.ts";

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 10);
/** Newest first: 1.3.0 for an hour, 1.2.0 for the five before that, 1.1.0 for a day before that. */
const history: Revision[] = [
  { revision: 3, spec: version("1.3.0"), stableSince: now - hour },
  { revision: 2, spec: version("1.2.0"), stableSince: now - 6 * hour },
  { revision: 1, spec: version("1.1.0"), stableSince: now - 30 * hour },
];
const trusted = (window: Parameters<typeof recentlyTrusted>[0], wanted: VersionSpec) =>
  recentlyTrusted(window, { history }, wanted, now);

test.each([
  [{ revisions: 1 }, "1.2.0", /1 revision ago, until 2026-01-09T23:00:00/],
  [{ revisions: 1 }, "1.1.0", null],
  [{ revisions: 2 }, "1.1.0", /2 revisions ago, until 2026-01-09T18:00:00/],
  [{ seconds: 3600 }, "1.2.0", /1 revision ago/],
  [{ seconds: 3599 }, "1.2.0", null],
  [{ seconds: 6 * 3600 }, "1.1.0", /2 revisions ago/],
  [{ revisions: 9 }, "1.4.0", null],
  [{ revisions: 9 }, "1.3.0", null],
  [undefined, "1.2.0", null],
])("within %j, %s (AR-26)", (window, name, expected) => {
  const why = trusted(window, version(name));
  if (expected === null) expect(why).toBeNull();
  else expect(why).toMatch(expected);
});

test.each<[string, Partial<VersionSpec>, boolean]>([
  ["in another number and from another place", { replicas: 9 }, true],
  [
    "made of something else",
    { artifact: { ...version("1.2.0").artifact, digest: `sha256:${"f".repeat(64)}` } },
    false,
  ],
  ["with another configuration", { environment: { MODE: "new" } }, false],
  ["started in another way", { command: ["node", "--inspect", "main.js"] }, false],
  ["with other secrets", { secrets: ["TOKEN"] }, false],
])("the same version %s: %#", (_, changes, isTrusted) => {
  expect(trusted({ revisions: 1 }, { ...version("1.2.0"), ...changes }) !== null).toBe(isTrusted);
});
