import { read } from "./repository.ts";

export type Layer = "shell" | "adapters" | "pure" | "testing";

/** The layer of each package, as the table in docs/architecture.md has it: the page is the law. */
export async function readLayers(): Promise<ReadonlyMap<string, Layer>> {
  const text = await read("docs/architecture.md");
  const rows = [...text.matchAll(/^\| (shell|adapters|pure) +\| ([^|]+) \|/gm)];
  const pairs = rows.flatMap(([, layer, cell]) =>
    // What stands in parentheses explains a name and is none.
    [...cell!.replace(/\([^)]*\)/g, "").matchAll(/`([a-z-]+)`/g)].map(
      ([, name]) => [name!, layer as Layer] as const,
    ),
  );
  return new Map<string, Layer>([...pairs, ["testing", "testing"]]);
}

/** Adapters that other adapters may build on: everybody starts programs and writes files. */
export const foundations = ["process", "store"];

/** What the language offers that has neither input nor output: hashes, paths as text, comparison. */
export const pureBuiltins = ["node:crypto", "node:path/posix", "node:path", "node:util"];

/** Client libraries, and the one package that may import each. */
export const owners: Readonly<Record<string, string>> = {
  "@actions/core": "runtime",
  "@actions/github": "github",
  "@octokit/core": "github",
  "@actions/exec": "process",
  "node:child_process": "process",
  pg: "database",
  "pg-copy-streams": "database",
  commander: "cli",
};

/** Libraries of some weight: an action that starts has not loaded them yet. */
export const heavy = ["@actions/github", "pg"];
