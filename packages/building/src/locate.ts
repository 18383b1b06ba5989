import { statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { Location } from "@sluice/documents";

/** How tools write a place: what ends a word, and how path, line and column stand in it. */
const forms = [
  // path:12:5 and path:12, as most tools and stacks have it
  { between: /[\s'"<>[\]{}|()]+/, place: /^(?<path>.+?\.[A-Za-z]\w*):(?<line>\d+)(?::(?<column>\d+))?\D*$/ },
  // path(12,5), as compilers of Microsoft have it
  { between: /[\s'"<>[\]{}|]+/, place: /^(?<path>.+?\.[A-Za-z]\w*)\((?<line>\d+),(?<column>\d+)\)/ },
];

/** A longer line is data, not a message. */
const longestLine = 2000;

/**
 * The first place in the output of a command that is a file of the project: what somebody who reads the output would
 * open. Files of dependencies are passed over.
 *
 * @param root directory of the project; the location is relative to it
 * @param cwd  where the command ran
 */
export function findLocation(output: string, root: string, cwd: string): Location | undefined {
  for (const line of stripVTControlCharacters(output).split("\n")) {
    if (line.length > longestLine) continue;
    for (const { between, place } of forms) {
      for (const word of line.split(between)) {
        const found = place.exec(word)?.groups;
        const file = found && projectFile(found.path!, root, cwd);
        if (!file) continue;
        const number = Number(found.line);
        const column = Number(found.column);
        if (number > 0) return { file, line: number, ...(column > 0 && { column }) };
      }
    }
  }
  return undefined;
}

/** A path of a report as one relative to the project, or undefined when it is not a file of the project. */
export function projectFile(path: string, root: string, cwd: string): string | undefined {
  let plain = path;
  if (path.startsWith("file:")) {
    try {
      plain = fileURLToPath(path);
    } catch {
      return undefined;
    }
  }
  for (const base of [cwd, root]) {
    const absolute = resolve(base, plain);
    const inside = relative(root, absolute);
    if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) continue;
    const parts = inside.split(sep);
    if (parts.includes("node_modules")) return undefined;
    if (statSync(absolute, { throwIfNoEntry: false })?.isFile()) return parts.join("/");
  }
  return undefined;
}
