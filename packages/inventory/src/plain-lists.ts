import { type Inventory, keyOf, normalName, type Package } from "./package.ts";

const without = { hash: null, license: null, needs: [] as string[], isDevelopment: false } as const;

/** Reads a `requirements.txt` (PEP 508, pip). Only `==` fixes a version; the rest is named in the notes. */
export function readRequirements(file: string, text: string): Inventory {
  const packages: Package[] = [];
  const notes: string[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const line = content.replace(/(?:^|\s)#.*$/, "").trim();
    if (line === "" || /^-(?!r\b|e\b)|^\\|^--hash/.test(line)) return;
    const pinned =
      /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([^\s;,\\*]+)(?:\s*[;\\]|\s*$|\s+--)/.exec(line);
    if (pinned) {
      packages.push({
        ...without,
        ecosystem: "PyPI",
        name: normalName("PyPI", pinned[1]!),
        version: pinned[2]!,
        isDirect: true,
        isDevelopment: /dev|test/i.test(file.split("/").at(-1)!),
        location: { file, line: index + 1 },
      });
    } else
      notes.push(
        `${file}:${index + 1}: ${line.split(/[\s;]/)[0]} has no fixed version (==) and was not looked up.`,
      );
  });
  return { file, ecosystem: "PyPI", packages, roots: rootsOf(packages), notes };
}

/**
 * Reads a `go.mod` (Go 1.17 and newer name every module of the build there). `go.sum` would name versions that
 * are not part of the build.
 */
export function readGoMod(file: string, text: string): Inventory {
  const packages: Package[] = [];
  const replaced = new Map<string, { name: string; version: string } | null>();
  let block = "";
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  lines.forEach((content, index) => {
    const open = /^(require|replace|exclude|retract|tool)\s*\(/.exec(content)?.[1];
    if (open) block = open;
    else if (content === ")") block = "";
    else {
      const directive = block || /^(require|replace)\s/.exec(content)?.[1];
      const rest = block ? content : content.replace(/^\w+\s+/, "");
      const required = directive === "require" ? /^([^\s/"][^\s"]*)\s+(v\S+)/.exec(rest) : null;
      if (required) {
        packages.push({
          ...without,
          ecosystem: "Go",
          name: required[1]!,
          version: required[2]!.replace(/^v/, ""),
          isDirect: !/\/\/\s*indirect/.test(content),
          location: { file, line: index + 1 },
        });
      }
      const replacement =
        directive === "replace" ? /^(\S+)(?:\s+v\S+)?\s*=>\s*(\S+)(?:\s+(v\S+))?/.exec(rest) : null;
      if (replacement) {
        replaced.set(
          replacement[1]!,
          replacement[3] ? { name: replacement[2]!, version: replacement[3].replace(/^v/, "") } : null,
        );
      }
    }
  });
  const effective = packages.flatMap((entry): Package[] => {
    const other = replaced.get(entry.name);
    return other === undefined ? [entry] : other === null ? [] : [{ ...entry, ...other }];
  });
  return { file, ecosystem: "Go", packages: effective, roots: rootsOf(effective), notes: [] };
}

const rootsOf = (packages: readonly Package[]): Inventory["roots"] =>
  new Map([["", { name: null, needs: packages.filter(({ isDirect }) => isDirect).map(keyOf) }]]);
