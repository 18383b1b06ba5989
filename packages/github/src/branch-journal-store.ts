import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Event, type NewEvent, Refusal } from "@sluice/documents";
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

/** The journal as a commit has it. */
interface Snapshot {
  /** The tip of the branch and its tree; null when the branch does not exist. */
  head: { commit: string; tree: string } | null;
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
 *
 * GitHub counts calls, so what is known is not asked again: as long as nobody else moves the branch, a `read` is one
 * call and an `append` three. An append trusts the last snapshot, since the move of the branch refuses a stale one.
 */
export function branchJournalStore(options: BranchJournalOptions): JournalStore {
  const { branch = "sluice-journal", path } = options;
  let opened: Promise<Client> | undefined;
  /** The newest state of the branch that is known here. */
  let latest: Snapshot | undefined;
  /** Files by name: those that are full never change again. */
  const known = new Map<string, JournalFile>();

  const client = () => (opened ??= connect(options));

  async function snapshot(): Promise<Snapshot> {
    const { rest, repository } = await client();
    const ref = await orNull(rest.git.getRef({ ...repository, ref: `heads/${branch}` }));
    if (!ref) return { head: null, files: [] };
    const commit = ref.data.object.sha;
    if (latest?.head?.commit === commit) return latest;
    const { data } = await rest.git.getCommit({ ...repository, commit_sha: commit });
    const head = { commit, tree: data.tree.sha };
    latest = { head, files: await filesOf(head.tree) };
    return latest;
  }

  async function filesOf(tree: string): Promise<JournalFile[]> {
    const { rest, repository } = await client();
    const { data } = await rest.git.getTree({ ...repository, tree_sha: tree, recursive: "1" });
    if (data.truncated) throw tooLarge(branch);
    const names = data.tree
      .filter((entry) => entry.type === "blob" && entry.path.startsWith(`${path}/`))
      .map((entry) => ({ name: entry.path.slice(path.length + 1), blob: entry.sha }))
      .filter(({ name }) => /^\d{10}\.jsonl$/.test(name))
      .sort((a, b) => a.name.localeCompare(b.name));
    const files: JournalFile[] = [];
    for (const { name, blob } of names) {
      files.push(await readFile(name, blob, files.at(-1)?.events.at(-1)?.sequence ?? 0));
    }
    return files;
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
    const file = fileWith(open, events);
    const tree = await rest.git.createTree({
      ...repository,
      ...(head ? { base_tree: head.tree } : {}),
      tree: [{ path: `${path}/${file.name}`, mode: "100644", type: "blob", content: linesOf(file.events) }],
    });
    const made = await rest.git.createCommit({
      ...repository,
      message: subjectOf(path, events),
      tree: tree.data.sha,
      parents: head ? [head.commit] : [],
    });
    const sha = made.data.sha;
    const moved = head
      ? rest.git.updateRef({ ...repository, ref: `heads/${branch}`, sha, force: false })
      : rest.git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha });
    if (!(await moved.then(() => true, whenMovedByOthers))) return false;
    known.set(file.name, file);
    const before = open ? files.slice(0, -1) : files;
    latest = { head: { commit: sha, tree: tree.data.sha }, files: [...before, file] };
    return true;
  }

  async function append(events: readonly NewEvent[], after: number): Promise<readonly Event[] | "conflict"> {
    // As they will be read again: JSON knows no keys without a value.
    const stored = events.map(
      (event, index): Event =>
        JSON.parse(
          JSON.stringify({ schema: "sluice/event/v1", sequence: after + index + 1, ...event }),
        ) as Event,
    );
    for (let attempt = 1; ; attempt++) {
      const now: Snapshot = attempt === 1 && latest && lastOf(latest) === after ? latest : await snapshot();
      if (lastOf(now) !== after) {
        // An answer that was lost on its way may hide that this very append has already happened.
        const there = now.files.flatMap((file) => file.events).slice(after, after + stored.length);
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

const lastOf = ({ files }: Snapshot): number => files.at(-1)?.events.at(-1)?.sequence ?? 0;

/** The open file with more events in it, or a new file that begins with them. */
function fileWith(open: JournalFile | undefined, events: readonly Event[]): JournalFile {
  const name = open?.name ?? `${String(events[0]!.sequence).padStart(10, "0")}.jsonl`;
  const all = [...(open?.events ?? []), ...events];
  const content = Buffer.from(linesOf(all));
  // The name that git gives to a blob with this content, so that it need not be read back.
  const blob = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  return { name, blob, events: all, bytes: content.length };
}

const tooLarge = (branch: string): Refusal =>
  new Refusal({
    reasonCode: "run.journal-broken",
    message: `GitHub lists the files of branch ${branch} only in part.`,
    remedy: "Move the folders of environments that nobody needs any more to another branch.",
  });

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
