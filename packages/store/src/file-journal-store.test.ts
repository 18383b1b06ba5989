import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "@sluice/documents";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileJournalStore } from "./file-journal-store.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-store-"));
  path = join(directory, "state", "journal.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const note = (text: string): NewEvent => ({
  at: "2026-03-04T12:00:00.000Z",
  run: "r1",
  environment: "staging",
  type: "note",
  data: { text },
});
const texts = (events: readonly { data: unknown }[]) => events.map((e) => (e.data as { text: string }).text);

describe("a journal in a file", () => {
  test("that does not exist yet is empty", async () => {
    expect(await fileJournalStore(path).read()).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  test("numbers events from 1 without gaps and gives them back to any other process", async () => {
    const stored = await fileJournalStore(path).append([note("a"), note("b")], 0);
    expect(stored).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
    await fileJournalStore(path).append([note("c")], 2);
    expect(await fileJournalStore(path).read()).toMatchObject([
      { schema: "sluice/event/v1", sequence: 1, ...note("a") },
      { sequence: 2, data: { text: "b" } },
      { sequence: 3, data: { text: "c" } },
    ]);
  });

  test("says conflict and writes nothing when somebody else was faster", async () => {
    const [one, two] = [fileJournalStore(path), fileJournalStore(path)];
    await one.append([note("one")], 0);
    expect(await two.append([note("two")], 0)).toBe("conflict");
    expect(texts(await two.read())).toEqual(["one"]);
  });

  test("appending nothing is nothing", async () => {
    expect(await fileJournalStore(path).append([], 0)).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  test("sees what another process wrote since it looked last", async () => {
    const [reader, writer] = [fileJournalStore(path), fileJournalStore(path)];
    expect(await reader.read()).toEqual([]);
    await writer.append([note("a")], 0);
    expect(texts(await reader.read())).toEqual(["a"]);
    await writer.append([note("b")], 1);
    expect(texts(await reader.read())).toEqual(["a", "b"]);
  });

  test("notices that the file was replaced by another one", async () => {
    const store = fileJournalStore(path);
    await store.append([note("a"), note("b")], 0);
    await store.read();
    rmSync(path);
    expect(await store.read()).toEqual([]);
    await fileJournalStore(path).append([note("new")], 0);
    expect(texts(await store.read())).toEqual(["new"]);
  });

  test("of 10 000 events appends the next one without reading the others again", async () => {
    const store = fileJournalStore(path);
    await store.append([note("first")], 0);
    const lines = Array.from({ length: 9_999 }, (_, i) =>
      JSON.stringify({ schema: "sluice/event/v1", sequence: i + 2, ...note(`${i}`) }),
    );
    appendFileSync(path, `${lines.join("\n")}\n`);
    const first = await store.read();
    expect(first).toHaveLength(10_000);
    expect(await store.read()).toBe(first); // the very same list: nothing was read
    await store.append([note("next")], 10_000);
    const second = await store.read();
    expect(second).toHaveLength(10_001);
    expect(second[9_999]).toBe(first[9_999]); // kept, not parsed again
  });
});

describe("a last line that was never finished", () => {
  test.each(["{", '{"schema":"sluice/ev', "\0\0\0\0"])("(%j) is not there for a reader", async (torn) => {
    await fileJournalStore(path).append([note("whole")], 0);
    appendFileSync(path, torn);
    expect(texts(await fileJournalStore(path).read())).toEqual(["whole"]);
  });

  test("is cut off by the next append, and its bytes are kept beside the journal", async () => {
    await fileJournalStore(path).append([note("whole")], 0);
    appendFileSync(path, '{"schema":"slu');
    const store = fileJournalStore(path);
    await store.append([note("after")], 1);
    expect(texts(await store.read())).toEqual(["whole", "after"]);
    expect(readFileSync(`${path}.torn`, "utf8")).toBe('{"schema":"slu\n');
    expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(2);
  });

  test("of several events leaves none of them, wherever it was cut", async () => {
    await fileJournalStore(path).append([note("before")], 0);
    const whole = readFileSync(path).length;
    await fileJournalStore(path).append([note("x"), note("y"), note("z")], 1);
    const all = readFileSync(path);
    for (let size = all.length - 1; size >= whole; size--) {
      truncateSync(path, size);
      expect(texts(await fileJournalStore(path).read())).toEqual(["before"]);
    }
  });
});

describe("a damaged journal", () => {
  const brokenAt = async (content: string) => {
    await fileJournalStore(path).append([note("a"), note("b")], 0);
    await fileJournalStore(path).append([note("c")], 2);
    const [whole = ""] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, content.replaceAll("WHOLE", whole));
    return fileJournalStore(path)
      .read()
      .then(
        () => null,
        (error) => error.problems[0],
      );
  };
  test.each([
    ["not JSON", "WHOLE\n{oops\nWHOLE\n", 2, /not JSON/],
    ["not an event", 'WHOLE\n{"schema":"sluice/event/v1"}\nWHOLE\n', 2, /not an event/],
    ["with a repeated number", "WHOLE\nWHOLE\n", 2, /number 1 where 3 belongs/],
    ["with an empty line", "WHOLE\n\n", 2, /not JSON/],
  ])("%s says in which line and what to do", async (_name, content, line, message) => {
    expect(await brokenAt(content)).toMatchObject({
      reasonCode: "run.journal-broken",
      message: expect.stringMatching(message),
      location: { file: path, line },
      remedy: expect.stringMatching(/restore the file, or move it away/),
    });
  });

  test("is not written to either", async () => {
    await fileJournalStore(path).append([note("a")], 0);
    writeFileSync(path, "nonsense\n");
    await expect(fileJournalStore(path).append([note("b")], 1)).rejects.toMatchObject({
      reasonCode: "run.journal-broken",
    });
    expect(readFileSync(path, "utf8")).toBe("nonsense\n");
  });
});
