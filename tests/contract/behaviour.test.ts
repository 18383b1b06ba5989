import { describe, expect, test } from "vitest";
import { filesBelow, read } from "./repository.ts";

interface Row {
  id: string;
  behaviour: string;
  applies: string;
  tests: string[];
}

const idPattern = /\b(?:(?:AR|FL|KR|EC|EX)-\d{2}|KY-\d{2,3})\b/g;

/** Rows of the tables, in order. */
const rowsOf = (page: string): Row[] =>
  page.split("\n").flatMap((line) => {
    const [, id, behaviour, applies, shown] = line.split("|").map((cell) => cell.trim());
    if (id?.replace(idPattern, "") !== "" || id === "") return [];
    const tests = [...(shown ?? "").matchAll(/`([^`]+)`/g)].map(([, path]) => path!);
    return [{ id, behaviour: behaviour ?? "", applies: applies ?? "", tests }];
  });

/** Ids in the titles of tests, also of those for several values. */
const idsInTitles = (source: string): Set<string> =>
  new Set(
    [...source.matchAll(/(?:\btest\(|\)\()\s*"((?:[^"\\]|\\.)*)"/g)].flatMap(([, title]) =>
      [...title!.matchAll(idPattern)].map(([id]) => id),
    ),
  );

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(2, "0")}`);
const wanted = [
  ...numbered("AR", 32),
  ...numbered("FL", 9),
  ...numbered("KR", 8),
  ...numbered("EC", 3),
  ...["KY-01", "KY-426", "KY-780"],
  ...numbered("EX", 8),
];

const rows = rowsOf(await read("docs/behaviour.md"));
const testFiles = await filesBelow(".", (path) => path.endsWith(".test.ts"));
const titles = new Map(
  await Promise.all(testFiles.map(async (path) => [path, idsInTitles(await read(path))] as const)),
);

describe("docs/behaviour.md", () => {
  test("has every case once, in order", () => {
    expect(rows.map(({ id }) => id)).toEqual(wanted);
  });

  test("says of each what it is, and whether it applies, with the reason where it does not", () => {
    const odd = rows.filter(
      ({ behaviour, applies }) => !behaviour || !/^(yes|(in part|no): .{20,})$/.test(applies),
    );
    expect(odd).toEqual([]);
  });

  test("shows a test for what applies, and none for what does not", () => {
    const odd = rows.filter(({ applies, tests }) => applies.startsWith("no:") === tests.length > 0);
    expect(odd).toEqual([]);
  });

  test("names tests whose titles name the case", () => {
    const silent = rows.flatMap(({ id, tests }) =>
      tests.filter((path) => !titles.get(path)?.has(id)).map((path) => `${id} ${path}`),
    );
    expect(silent).toEqual([]);
  });

  test("has every case that a test names", () => {
    const named = [...titles].flatMap(([path, ids]) => [...ids].map((id) => `${id} ${path}`));
    expect(named.filter((each) => !wanted.includes(each.split(" ")[0]!))).toEqual([]);
  });
});

test("EX-08 every case on the engine ends with the count of lost requests", async () => {
  const cases = testFiles.filter((path) => path.startsWith("packages/rollout/src/behaviour/"));
  expect(cases.length).toBeGreaterThan(5);
  const blind: string[] = [];
  for (const path of cases) {
    const source = await read(path);
    const makesItsOwn = /\bnew Scenario\(|\bScenario\.withOld\(/.test(source);
    // What shows that the count itself works must be able to lose requests.
    const isAboutTheCount = path.endsWith("/oracle.test.ts");
    if (!isAboutTheCount && (makesItsOwn || !/\bworld\(/.test(source))) blind.push(path);
  }
  expect(blind).toEqual([]);
});

test("the readers of the table and of the titles see what is there", () => {
  expect(
    rowsOf("| FL-02 | A text | no: of a good reason | `a.test.ts`, `b.test.ts` |\n| x | y | z | |"),
  ).toEqual([
    { id: "FL-02", behaviour: "A text", applies: "no: of a good reason", tests: ["a.test.ts", "b.test.ts"] },
  ]);
  const source = `test("AR-01 \\"quoted\\"", f); test.each([1])(\n  "KY-426 %s", f); // AR-02\nconst x = "AR-03";`;
  expect([...idsInTitles(source)]).toEqual(["AR-01", "KY-426"]);
});
