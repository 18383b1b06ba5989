import type { Event, NewEvent } from "@sluice/documents";

/**
 * Where the journal of one environment is kept. Append only, with compare-and-swap: what two runs
 * write at once can never be mixed up. Locks and halts are entries in it.
 */
export interface JournalStore {
  /** All entries in order. A journal that does not exist yet is empty. */
  read(): Promise<readonly Event[]>;
  /**
   * Appends all of the events or none, if the newest entry still has the sequence `after` (0 for an empty journal).
   *
   * @returns the stored events, or `"conflict"` when somebody else was faster: read again, decide again
   * @throws Refusal `run.journal-unwritable` when the disk is full or the store is away; nothing is lost then
   */
  append(events: readonly NewEvent[], after: number): Promise<readonly Event[] | "conflict">;
}
