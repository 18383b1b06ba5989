/** Reads and writes the table of docs/requirements.md. */
import { table } from "../docs/sections.ts";

/** One requirement. */
export interface Row {
  id: string;
  /** Letter of its section. */
  section: string;
  requirement: string;
  /** `done`, `partial`, `not yet` or `declined (why)`. */
  state: string;
  /** Paths of what does it. */
  code: string[];
  /** Paths of the tests that name it. */
  tests: string[];
  /** What is missing, or what "done" means here. */
  note: string;
}

const states = ["done", "partial", "not yet", "declined"] as const;

export const idOf = (number: number): string => `R${String(number).padStart(3, "0")}`;

/** The row that a line of the page is; null when it is none. */
export function parseRow(line: string, section = ""): Row | null {
  if (!/^\| R\d+ \|/.test(line)) return null;
  const [, id = "", requirement = "", state = "", code = "", tests = "", note = ""] = line
    .split("|")
    .map((cell) => cell.trim());
  return { id, section, requirement, state, code: pathsIn(code), tests: pathsIn(tests), note };
}

const pathsIn = (cell: string): string[] =>
  cell
    .split(/[,\s]+/)
    .map((path) => path.replaceAll("`", ""))
    .filter(Boolean);

export function formatRow({ id, requirement, state, code, tests, note }: Row): string {
  const paths = (list: readonly string[]) => list.map((path) => `\`${path}\``).join(", ");
  const cells = [id, requirement, state, paths(code), paths(tests), note];
  return `|${cells.map((cell) => (cell ? ` ${cell} ` : " ")).join("|")}|`;
}

/** Every row of the page, in its order. */
export function parseRows(page: string): Row[] {
  let section = "";
  return page.split("\n").flatMap((line) => {
    section = /^## ([A-Z])\./.exec(line)?.[1] ?? section;
    return parseRow(line, section) ?? [];
  });
}

/** Every row that a text names, alone (`R316`) or in a range (`R315–R317`). */
export function rowsNamed(text: string): Set<string> {
  const named = new Set([...text.matchAll(/\bR\d{3}\b/g)].map(([id]) => id));
  for (const [, from, to] of text.matchAll(/\bR(\d{3})\s*[–-]\s*R(\d{3})\b/g)) {
    for (let number = Number(from); number <= Number(to); number++) named.add(idOf(number));
  }
  return named;
}

/** How many rows of each section are in which state: the table at the head of the page. */
export function countsTable(page: string): string {
  const rows = parseRows(page);
  const titles = [...page.matchAll(/^## ([A-Z])\. (.+)$/gm)].map(([, letter, title]) => [letter!, title!]);
  const line = (title: string, some: readonly Row[]) => [
    title,
    ...states.map((state) => String(some.filter((row) => row.state.startsWith(state)).length)),
    String(some.length),
  ];
  return table(
    ["section", ...states, "rows"],
    [
      ...titles.map(([letter, title]) =>
        line(
          `${letter}. ${title}`,
          rows.filter(({ section }) => section === letter),
        ),
      ),
      line("**all**", rows),
    ],
  );
}
