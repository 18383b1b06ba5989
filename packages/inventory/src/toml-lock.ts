import { Refusal } from "@sluice/documents";
import { type Ecosystem, type Inventory, keyOf, normalName, type Package } from "./package.ts";

interface Block {
  line: number;
  name?: string;
  version?: string;
  source?: string;
  isDevelopment: boolean;
  needs: string[];
}

/**
 * Reads the locks that are lists of `[[package]]` tables: Cargo.lock, poetry.lock, uv.lock, pdm.lock.
 * Their tools write them in one form, so that the names, versions and needs can be read line by line.
 *
 * @throws Refusal `scan.lockfile-invalid` when a package has no name or no version
 */
export function readTomlLock(file: string, text: string, ecosystem: Ecosystem): Inventory {
  const blocks = readBlocks(text);
  const isLocal = (block: Block) =>
    ecosystem === "crates.io"
      ? block.source === undefined
      : /\b(?:virtual|editable|directory)\b/.test(block.source ?? "");
  const broken = blocks.find(
    (block) => block.name === undefined || (block.version === undefined && !isLocal(block)),
  );
  if (broken) {
    throw new Refusal({
      reasonCode: "scan.lockfile-invalid",
      message: `The package ${broken.name ?? "here"} has no ${broken.name === undefined ? "name" : "version"}.`,
      remedy: "Make the lock file again with its tool; this one may have been cut off.",
      location: { file, line: broken.line },
    });
  }
  const versions = new Map<string, string[]>();
  for (const { name, version } of blocks) {
    const known = versions.get(normalName(ecosystem, name!)) ?? [];
    if (version !== undefined) versions.set(normalName(ecosystem, name!), [...known, version]);
  }
  // A need is `name`, or `name version` where the lock has several versions of it.
  const keysOf = (needs: readonly string[]): string[] =>
    needs.flatMap((need) => {
      const [name = "", version] = need.split(" ");
      const known = versions.get(normalName(ecosystem, name)) ?? [];
      return (version && known.includes(version) ? [version] : known).map((found) =>
        keyOf({ ecosystem, name: normalName(ecosystem, name), version: found }),
      );
    });
  const local = blocks.filter(isLocal);
  const direct = new Set(local.flatMap(({ needs }) => keysOf(needs)));
  const packages = blocks
    .filter((block) => !isLocal(block))
    .map((block): Package => {
      const identity = { ecosystem, name: normalName(ecosystem, block.name!), version: block.version! };
      return {
        ...identity,
        isDirect: direct.has(keyOf(identity)),
        isDevelopment: block.isDevelopment,
        location: { file, line: block.line },
        hash: null,
        license: null,
        needs: keysOf(block.needs),
      };
    });
  const roots = new Map(local.map(({ name, needs }) => [name!, { name: name!, needs: keysOf(needs) }]));
  return { file, ecosystem, packages, roots, notes: [] };
}

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let block: Block | null = null;
  let table = "";
  let isInNeeds = false;
  text.split(/\r?\n/).forEach((line, index) => {
    const header = /^\[+\s*([\w."-]+)\s*\]+/.exec(line)?.[1];
    if (header !== undefined) {
      table = header;
      isInNeeds = false;
      if (line.startsWith("[[package]]")) {
        block = { line: index + 1, isDevelopment: false, needs: [] };
        blocks.push(block);
      } else if (!header.startsWith("package.")) block = null;
      return;
    }
    if (!block) return;
    if (isInNeeds || (table === "package" && /^dependencies\s*=\s*\[/.test(line))) {
      isInNeeds = !/\]\s*$/.test(
        line.replace(/\[[^\]]*\]/g, (inner) => (line.startsWith("dependencies") ? inner : "")),
      );
      for (const match of line.matchAll(/name\s*=\s*"([^"]+)"|^\s*"([^"]+)"|[[,]\s*"([^"]+)"/g)) {
        block.needs.push((match[1] ?? match[2] ?? match[3])!);
      }
      return;
    }
    const pair = /^\s*["']?([\w.-]+)["']?\s*=\s*(.+)$/.exec(line);
    if (!pair) return;
    const [, key = "", value = ""] = pair;
    if (table === "package") {
      const content = /^"([^"]*)"/.exec(value)?.[1];
      if (key === "name") block.name = content;
      else if (key === "version") block.version = content;
      else if (key === "source") block.source = value;
      else if (key === "category" || key === "groups")
        block.isDevelopment = /dev/.test(value) && !/main/.test(value);
    } else if (table === "package.dependencies") block.needs.push(key);
  });
  return blocks;
}
