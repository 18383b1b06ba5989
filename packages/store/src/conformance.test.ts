import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeJournalStore } from "@sluice/testing/conformance/journal-store";
import { fileJournalStore } from "./file-journal-store.ts";

describeJournalStore("a file", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sluice-store-"));
  return {
    open: () => fileJournalStore(join(directory, "journal.jsonl")),
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  };
});
