import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Import, packageOf } from "./imports.ts";
import { root } from "./repository.ts";

/** What a program loads when it starts: imports that are neither dynamic nor of types alone. */
export interface StaticGraph {
  /** The chains of files that lead from a file to a library, the shortest first. */
  chainsTo(library: string, from: string): string[][];
}

export function staticGraph(imports: readonly Import[]): StaticGraph {
  const byFile = new Map<string, Import[]>();
  for (const each of imports.filter(({ isDynamic, isType }) => !isDynamic && !isType)) {
    byFile.set(each.file, [...(byFile.get(each.file) ?? []), each]);
  }
  return {
    chainsTo(library, from) {
      const seen = new Set([from]);
      const queue: string[][] = [[from]];
      const found: string[][] = [];
      for (let chain = queue.shift(); chain; chain = queue.shift()) {
        for (const each of byFile.get(chain.at(-1)!) ?? []) {
          if (packageOf(each.specifier) === library) found.push([...chain, library]);
          const next = resolveSource(each);
          if (!next || seen.has(next)) continue;
          seen.add(next);
          queue.push([...chain, next]);
        }
      }
      return found;
    },
  };
}

/** The source that an import of our own means; undefined for a library. */
export function resolveSource({ file, specifier }: Import): string | undefined {
  if (specifier.startsWith(".")) return join(file, "..", specifier);
  const [scope, name, ...rest] = specifier.split("/");
  if (scope !== "@sluice") return undefined;
  const source = `packages/${name}/src/${rest.join("/") || "index"}.ts`;
  return existsSync(join(root, source)) ? source : undefined;
}

/** Every source that some program or package hands out uses, types included; the rest is for tests. */
export function reachable(imports: readonly Import[], entries: readonly string[]): ReadonlySet<string> {
  const byFile = Map.groupBy(imports, ({ file }) => file);
  const seen = new Set(entries);
  for (const file of seen) {
    for (const each of byFile.get(file) ?? []) {
      const next = resolveSource(each);
      if (next) seen.add(next);
    }
  }
  return seen;
}
