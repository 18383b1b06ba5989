import { type Location, Refusal, type RefusalProblem } from "@sluice/documents";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "yaml";

export type Path = readonly (string | number)[];

/** A YAML text as data, with the way back from a key to its line. */
export interface YamlText {
  value: unknown;
  /** Where the value of a key is; for a key that is not there, the nearest map above it. */
  locate(path: Path, of?: "key" | "value"): Location;
}

/** More than any configuration needs, and little enough to be read at once. */
const largestText = 1024 * 1024;

/**
 * Reads one YAML document (YAML 1.2, anchors, aliases and merge keys).
 *
 * @param file path for the messages
 * @throws Refusal `config.not-yaml` with every syntax error and duplicate key, or for aliases that would
 *         blow a small file up into a large value
 */
export function readYaml(text: string, file: string): YamlText {
  if (text.length > largestText)
    throw refuse(file, `The file is larger than ${largestText} bytes`, undefined);
  const lines = new LineCounter();
  const at = (offset: number | undefined): Pick<Location, "line" | "column"> => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  } catch (error) {
    // The parser is recursive: thousands of brackets exhaust the stack.
    if (error instanceof RangeError) throw refuse(file, "The file is nested too deeply", undefined, error);
    throw error;
  }
  const faults = [...document.errors, ...document.warnings];
  const unknownAlias = firstUnknownAlias(document);
  const problems: RefusalProblem[] = faults.map((fault) => ({
    reasonCode: "config.not-yaml",
    ...(fault.code === "DUPLICATE_KEY"
      ? { message: `The key ${wordAt(text, fault.pos[0])} is there twice.`, remedy: "Remove one of them." }
      : {
          message: `This is not valid YAML: ${fault.message}.`,
          remedy: "Mend the line; indentation is by spaces.",
        }),
    location: { file, ...at(fault.pos[0]) },
  }));
  if (unknownAlias)
    problems.push({
      reasonCode: "config.not-yaml",
      message: `The alias *${unknownAlias.source} has no anchor above it.`,
      remedy: `Put \`&${unknownAlias.source}\` in front of the value that is meant.`,
      location: { file, ...at(unknownAlias.range?.[0]) },
    });
  if (problems.length > 0) throw new Refusal(problems as [RefusalProblem, ...RefusalProblem[]]);

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
    // An anchor inside itself has no end.
    JSON.stringify(value);
  } catch (error) {
    throw refuse(
      file,
      "The aliases of the file unfold to more than a configuration can hold",
      undefined,
      error,
    );
  }
  return {
    value,
    locate: (path, of = "value") => ({ file, ...at(offsetOf(document, path, of)), ...keyOf(path) }),
  };
}

/** A path as a person writes it: `canary.steps[0].weight`. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
}

const keyOf = (path: Path) => (path.length > 0 ? { key: pathText(path) } : {});

const wordAt = (text: string, offset: number): string =>
  `\`${/^[^\s:]*/.exec(text.slice(offset))?.[0] ?? ""}\``;

function refuse(file: string, what: string, line?: number, cause?: unknown): Refusal {
  return new Refusal(
    {
      reasonCode: "config.not-yaml",
      message: `${what}.`,
      remedy: "Write the values out, or split the file.",
      location: { file, line },
    },
    { cause },
  );
}

function firstUnknownAlias(document: Document.Parsed) {
  let found: { source: string; range?: readonly [number, ...number[]] | null } | null = null;
  visit(document, {
    Alias: (_key, alias) => {
      if (found || alias.resolve(document)) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found as { source: string; range?: readonly [number, ...number[]] | null } | null;
}

/** Offset of a value or a key in the text, following aliases and merge keys. */
function offsetOf(document: Document.Parsed, path: Path, of: "key" | "value"): number | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [depth, part] of path.entries()) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(inside)) {
      node = inside.items[Number(part)];
      offset = startOf(node) ?? offset;
      continue;
    }
    const pair = isMap(inside) ? findPair(document, inside.items, String(part)) : undefined;
    if (!pair) return offset;
    const isLast = depth === path.length - 1;
    offset = (isLast && of === "value" ? startOf(pair.value) : startOf(pair.key)) ?? offset;
    node = pair.value;
  }
  return offset;
}

function findPair(document: Document.Parsed, items: readonly Pair[], key: string): Pair | undefined {
  const own = items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (own) return own;
  for (const pair of items) {
    if (!isScalar(pair.key) || (pair.key.value !== "<<" && typeof pair.key.value !== "symbol")) continue;
    for (const source of isSeq(pair.value) ? pair.value.items : [pair.value]) {
      const map = isAlias(source) ? source.resolve(document) : source;
      const merged = isMap(map) ? findPair(document, map.items, key) : undefined;
      if (merged) return merged;
    }
  }
  return undefined;
}

const startOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0];
