import { isDeepStrictEqual } from "node:util";
import type { Event, NewEvent } from "@sluice/documents";
import type { JournalStore } from "@sluice/ports";
import { type Client, type Connection, connect } from "./client.ts";
import { eventsOf, linesOf } from "./journal-lines.ts";
import { refusalOf } from "./refusals.ts";
import { isApiError } from "./retry.ts";

/** A file is continued up to this size; then the next one begins, so that an append never uploads much. */
const FILE_BYTES = 256 * 1024;
/** Attempts to move the branch while others, whose journals are on it too, move it as well. */
const ATTEMPTS = 20;

interface JournalFile {
  name: string;
  blob: string;
  events: readonly Event[];
  bytes: number;
}

interface Snapshot {
  /** Commit at the tip of the branch; null when the branch does not exist. */
  head: string | null;
  files: readonly JournalFile[];
}

export interface BranchJournalOptions extends Connection {
  /** Branch that carries the journals of all environments. */
  branch?: string;
  /** Folder of this journal on the branch, such as `production`. */
  path: string;
}

/**
 * A journal on a branch of the repository. An append is one commit, made with the Git data API; the branch is
 * moved without force, so GitHub itself refuses the second of two writers.
 *
 * The events are in files of limited size, each named after the sequence of its first event.
 */
export function branchJournalStore(options: BranchJournalOptions): JournalStore {
  const { branch = "sluice-journal", path } = options;
  let opened: Promise<Client> | undefined;
  /** Events by name and blob: files that are full never change again. */
  const known = new Map<string, JournalFile>();

  const client = () => (opened ??= connect(options));

  async function snapshot(): Promise<Snapshot> {
    const { rest, repository } = await client();
    const head = await orNull(rest.git.getRef({ ...repository, ref: `heads/${branch}` }));
    if (!head) return { head: null, files: [] };
    const commit = head.data.object.sha;
    const tree = await orNull(rest.git.getTree({ ...repository, tree_sha: `${commit}:${path}` }));
    const names = (tree?.data.tree ?? [])
      .filter((entry) => entry.type === "blob" && /^\d{10}\.jsonl$/.test(entry.path))
      .map((entry) => ({ name: entry.path, blob: entry.sha }))
      .sort((a, b) => a.name.localeCompare(b.name));
    const files: JournalFile[] = [];
    let last = 0;
    for (const { name, blob } of names) {
      const file = await readFile(name, blob, last);
      files.push(file);
      last = file.events.at(-1)?.sequence ?? last;
    }
    return { head: commit, files };
  }

  async function readFile(name: string, blob: string, previous: number): Promise<JournalFile> {
    const cached = known.get(name);
    if (cached?.blob === blob) return cached;
    const { rest, repository } = await client();
    const answer = await rest.git.getBlob({ ...repository, file_sha: blob });
    const text = Buffer.from(answer.data.content, "base64").toString();
    const events = eventsOf(text, `${path}/${name}`, previous);
    const file = { name, blob, events, bytes: Buffer.byteLength(text) };
    known.set(name, file);
    return file;
  }

  /** One commit with the new lines; whether the branch could be moved to it. */
  async function commit({ head, files }: Snapshot, events: readonly Event[]): Promise<boolean> {
    const { rest, repository } = await client();
    const last = files.at(-1);
    const open = last && last.bytes < FILE_BYTES ? last : undefined;
    const name = open?.name ?? `${String(events[0]!.sequence).padStart(10, "0")}.jsonl`;
    const content = linesOf([...(open?.events ?? []), ...events]);
    const blob = await rest.git.createBlob({ ...repository, content, encoding: "utf-8" });
    const tree = await rest.git.createTree({
      ...repository,
      ...(head ? { base_tree: await treeOf(head) } : {}),
      tree: [{ path: `${path}/${name}`, mode: "100644", type: "blob", sha: blob.data.sha }],
    });
    const made = await rest.git.createCommit({
      ...repository,
      message: subjectOf(path, events),
      tree: tree.data.sha,
      parents: head ? [head] : [],
    });
    const sha = made.data.sha;
    const moved = head
      ? rest.git.updateRef({ ...repository, ref: `heads/${branch}`, sha, force: false })
      : rest.git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha });
    return await moved.then(() => true, whenMovedByOthers);
  }

  async function treeOf(head: string): Promise<string> {
    const { rest, repository } = await client();
    return (await rest.git.getCommit({ ...repository, commit_sha: head })).data.tree.sha;
  }

  async function append(events: readonly NewEvent[], after: number): Promise<readonly Event[] | "conflict"> {
    const stored = events.map(
      (event, index): Event =>
        ({ schema: "sluice/event/v1", sequence: after + index + 1, ...event }) as Event,
    );
    for (let attempt = 1; ; attempt++) {
      const now = await snapshot();
      const all = now.files.flatMap((file) => file.events);
      if ((all.at(-1)?.sequence ?? 0) !== after) {
        // An answer that was lost on its way may hide that this very append has already happened.
        const there = all.slice(after, after + stored.length);
        return attempt > 1 && isDeepStrictEqual(there, stored) ? stored : "conflict";
      }
      if (stored.length === 0 || (await commit(now, stored))) return stored;
      if (attempt === ATTEMPTS) return "conflict";
    }
  }

  return {
    read: async () => {
      try {
        return (await snapshot()).files.flatMap((file) => file.events);
      } catch (error) {
        throw refusalOf(error, {
          reasonCode: "run.journal-broken",
          what: `read the journal on branch ${branch}`,
          permission: "contents: write",
        });
      }
    },
    append: async (events, after) => {
      try {
        return await append(events, after);
      } catch (error) {
        throw refusalOf(error, {
          reasonCode: "run.journal-unwritable",
          what: `write the journal to branch ${branch}`,
          permission: "contents: write",
        });
      }
    },
  };
}

/** What GitHub says when the branch is not where it was: somebody else appended, to this journal or another one. */
function whenMovedByOthers(error: unknown): false {
  const isMoved =
    isApiError(error) &&
    error.status === 422 &&
    /not a fast forward|already exists|does not exist/i.test(error.message);
  if (isMoved) return false;
  throw error;
}

async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    // 409 is GitHub's answer for a repository without any commit.
    if (isApiError(error) && (error.status === 404 || error.status === 409)) return null;
    throw error;
  }
}

function subjectOf(path: string, events: readonly Event[]): string {
  const first = events[0]!;
  const more = events.length > 1 ? ` and ${events.length - 1} more` : "";
  return `${path}: ${first.type}${more} (run ${first.run})`;
}
