import type { OsvRecord } from "@sluice/vulnerability";

const npm = (name: string, events: { introduced?: string; fixed?: string }[]) => [
  { package: { ecosystem: "npm", name }, ranges: [{ type: "SEMVER", events }] },
];

/** Records in the shape of those that OSV exports; packages and texts are made up. */
export const records: readonly OsvRecord[] = [
  {
    id: "GHSA-aaaa-bbbb-cccc",
    aliases: ["CVE-2026-0001"],
    summary: "Prototype pollution in left-merge",
    severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
    affected: npm("left-merge", [
      { introduced: "0" },
      { fixed: "1.2.3" },
      { introduced: "2.0.0" },
      { fixed: "2.1.0" },
    ]),
  },
  {
    id: "OSV-2026-1",
    aliases: ["CVE-2026-0001"],
    summary: "The same, by another database",
    affected: npm("left-merge", [{ introduced: "0" }, { fixed: "1.2.3" }]),
  },
  {
    id: "GHSA-dddd-eeee-ffff",
    summary: "Slow regular expression in tiny-glob-x",
    database_specific: { severity: "MODERATE" },
    affected: npm("tiny-glob-x", [{ introduced: "0" }]),
  },
  {
    id: "GHSA-gone-gone-gone",
    withdrawn: "2026-01-01T00:00:00Z",
    affected: npm("left-merge", [{ introduced: "0" }]),
  },
];

/** A lock file of npm in version 3 that has them: left-merge directly, tiny-glob-x through a tool of development. */
export const lockFile = `${JSON.stringify(
  {
    name: "shop",
    lockfileVersion: 3,
    packages: {
      "": { name: "shop", dependencies: { "left-merge": "^1.0.0" }, devDependencies: { builder: "^1.0.0" } },
      "node_modules/builder": { version: "1.0.0", dev: true, dependencies: { "tiny-glob-x": "*" } },
      "node_modules/left-merge": {
        version: "1.2.0",
        integrity: `sha512-${Buffer.alloc(64, 7).toString("base64")}`,
        license: "MIT",
      },
      "node_modules/tiny-glob-x": { version: "0.1.0", dev: true },
    },
  },
  null,
  2,
)}\n`;
