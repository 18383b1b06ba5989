import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Never part of a project's sources, whether a .gitignore says so or not. */
const never = new Set([".git", "node_modules", ".venv", "__pycache__"]);

/**
 * The files of a directory that is no git work tree, relative to it and sorted; `.gitignore` files are honoured.
 * Symbolic links are not followed.
 */
export function walk(directory: string): string[] {
  const files: string[] = [];
  const visit = (path: string, rules: readonly { base: string; rules: Ignore }[]): void => {
    const entries = readdirSync(join(directory, path), { withFileTypes: true });
    const own = entries.some((entry) => entry.name === ".gitignore" && entry.isFile())
      ? [
          ...rules,
          { base: path, rules: ignore().add(readFileSync(join(directory, path, ".gitignore"), "utf8")) },
        ]
      : rules;
    for (const entry of entries) {
      if (never.has(entry.name)) continue;
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      const tested = entry.isDirectory() ? `${name}/` : name;
      const isIgnored = own.some(({ base, rules: list }) =>
        list.ignores(base === "" ? tested : tested.slice(base.length + 1)),
      );
      if (isIgnored) continue;
      if (entry.isDirectory()) visit(name, own);
      else if (entry.isFile()) files.push(name);
    }
  };
  visit("", []);
  return files.sort();
}
