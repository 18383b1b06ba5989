import { join } from "node:path";
import type { JournalStore } from "@sluice/ports";
import { fileJournalStore, isOwnerGone } from "@sluice/store";
import { connectionTo, type GitHubAccess } from "./github-connection.ts";

/** Where a journal can be kept: in the state directory of this machine, or on a branch of the repository. */
export type JournalPlace = "files" | "branch";

/** On which terms a run holds the lock of the environment. */
export interface LockTerms {
  /** A lock that nobody renews is free again after this time. */
  ttlSeconds: number;
  /** Whether the owner of a lock has certainly ended; absent where nobody can tell. */
  isGone?: (owner: string) => boolean;
  /** How often a run that waits for the lock asks for it; every second where nothing is said. */
  pollSeconds?: number;
}

/** A place for a journal, and what follows from it for those who write there. */
export interface JournalHome {
  store: JournalStore;
  /** How long measurements wait to be written in one go. */
  holdBackSeconds: number;
  lockTerms: LockTerms;
}

interface Wanted extends GitHubAccess {
  journal: JournalPlace;
  /** Folder of the environment on this machine. */
  state: string;
  project: string;
  environment: string;
}

/**
 * Opens the place of a journal.
 *
 * @throws Refusal `config.input-invalid` when the branch is wanted and the token or the repository is missing
 */
export async function journalHome(wanted: Wanted): Promise<JournalHome> {
  if (wanted.journal === "files")
    return {
      store: fileJournalStore(join(wanted.state, "journal.jsonl")),
      holdBackSeconds: 0,
      lockTerms: { ttlSeconds: 60, isGone: isOwnerGone },
    };
  const connection = connectionTo(wanted, "the journal on a branch");
  const { branchJournalStore } = await import("@sluice/github");
  return {
    // A run that is cancelled still records how it put the traffic back, so its signal ends waits and not the calls.
    // A call is given up well before the lock ends, so that there is time to put the traffic back.
    store: branchJournalStore({
      ...connection,
      path: `${wanted.project}/${wanted.environment}`,
      patienceSeconds: 30,
    }),
    holdBackSeconds: 30,
    // Machines that share a branch may share a name as well: that a process does not run here says nothing.
    lockTerms: { ttlSeconds: 90, pollSeconds: 10 },
  };
}
