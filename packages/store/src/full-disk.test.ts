import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "@sluice/documents";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { writeFileAtomic } from "./atomic-file.ts";
import { fileJournalStore } from "./file-journal-store.ts";

const disk = mkdtempSync(join(tmpdir(), "sluice-disk-"));
const whyNot = mount();
afterAll(() => {
  if (whyNot === null) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});
beforeEach(() => {
  for (const name of readdirSync(disk)) rmSync(join(disk, name));
});

/** Mounts a file system of 64 kB in memory; says why when that is not allowed. */
function mount(): string | null {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { stdio: "pipe" });
    return null;
  } catch (error) {
    return `a small tmpfs cannot be mounted here: ${(error as Error).message.split("\n").at(1) ?? "not root"}`;
  }
}

const note = (text: string): NewEvent => ({
  at: "2026-03-04T12:00:00.000Z",
  run: "r1",
  environment: "staging",
  type: "note",
  data: { text },
});
const free = () => statfsSync(disk).bavail * statfsSync(disk).bsize;
/** Takes what is left of the disk. */
const fill = (name = "ballast") => writeFileSync(join(disk, name), Buffer.alloc(free()));

describe.skipIf(whyNot !== null)(`a full disk${whyNot === null ? "" : ` (skipped: ${whyNot})`}`, () => {
  test("ends the append with the reason, and every acknowledged event is there, whole", async () => {
    const path = join(disk, "journal.jsonl");
    const store = fileJournalStore(path);
    let sequence = 0;
    const refusal = await (async () => {
      for (;;) await store.append([note("x".repeat(700))], sequence++);
    })().catch((error) => error);
    expect(refusal).toMatchObject({ reasonCode: "run.journal-unwritable" });
    expect(refusal.message).toMatch(/the disk is full[\s\S]*Free some space/);
    expect(readFileSync(path, "utf8").at(-1)).toBe("\n");
    expect(await store.read()).toHaveLength(sequence - 1);
    expect(await fileJournalStore(path).read()).toHaveLength(sequence - 1);
    expect(readdirSync(disk)).toEqual(["journal.jsonl"]); // no lock, nothing half written
  });

  test("goes on where it was as soon as there is space again", async () => {
    const store = fileJournalStore(join(disk, "journal.jsonl"));
    await store.append([note("a")], 0);
    fill();
    await expect(store.append([note("x".repeat(5_000))], 1)).rejects.toMatchObject({
      reasonCode: "run.journal-unwritable",
    });
    rmSync(join(disk, "ballast"));
    expect(await store.append([note("b")], 1)).toMatchObject([{ sequence: 2 }]);
  });

  test("with a torn last line is mended all the same", async () => {
    const path = join(disk, "journal.jsonl");
    await fileJournalStore(path).append([note("a")], 0);
    writeFileSync(path, `${readFileSync(path, "utf8")}{"torn`);
    fill();
    await fileJournalStore(path).append([note("b")], 1); // fits into the page that the journal already has
    expect(await fileJournalStore(path).read()).toHaveLength(2);
  });

  test("leaves the old content of a file that is replaced, and nothing beside it", () => {
    const path = join(disk, "plan.json");
    writeFileAtomic(path, "old");
    fill();
    expect(() => writeFileAtomic(path, "x".repeat(20_000))).toThrow(/disk is full/);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(disk).toSorted()).toEqual(["ballast", "plan.json"]);
  });
});

describe("a file that is written at once", () => {
  test("has the new content and the permissions asked for, and nothing is left beside it", () => {
    const directory = mkdtempSync(join(tmpdir(), "sluice-atomic-"));
    writeFileAtomic(join(directory, "deep", "a.json"), "one");
    writeFileAtomic(join(directory, "deep", "a.json"), new TextEncoder().encode("two"));
    expect(readFileSync(join(directory, "deep", "a.json"), "utf8")).toBe("two");
    expect(readdirSync(join(directory, "deep"))).toEqual(["a.json"]);
    rmSync(directory, { recursive: true });
  });

  test("in a place that cannot be written is refused with the place and a remedy", () => {
    const directory = mkdtempSync(join(tmpdir(), "sluice-atomic-"));
    writeFileSync(join(directory, "file"), "");
    expect(() => writeFileAtomic(join(directory, "file", "a.json"), "one")).toThrow(
      /a\.json cannot be written: .*not a directory[\s\S]*--out[\s\S]*run\.file-unwritable/,
    );
    rmSync(directory, { recursive: true });
  });
});
