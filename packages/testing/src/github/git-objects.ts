import { createHash } from "node:crypto";

export interface TreeEntry {
  mode: string;
  type: "blob" | "tree";
  sha: string;
}
export type Tree = ReadonlyMap<string, TreeEntry>;

export interface Commit {
  tree: string;
  parents: readonly string[];
  message: string;
  date: string;
}

/** What the API is asked to put into a tree: a null `sha` removes the path. */
export interface TreeChange {
  path: string;
  mode?: string;
  sha?: string | null;
  content?: string;
}

/** The objects and references of one repository, with the object names that git itself would give. */
export class GitObjects {
  readonly blobs = new Map<string, Buffer>();
  readonly trees = new Map<string, Tree>();
  readonly commits = new Map<string, Commit>();
  /** Full name (`refs/heads/main`) to commit. */
  readonly refs = new Map<string, string>();

  addBlob(content: Buffer): string {
    const sha = objectName("blob", content);
    this.blobs.set(sha, content);
    return sha;
  }

  addTree(entries: Tree): string {
    const sorted = [...entries].sort(([a, x], [b, y]) => compareNames(sortName(a, x), sortName(b, y)));
    const sha = objectName(
      "tree",
      Buffer.concat(
        sorted.map(([name, entry]) =>
          Buffer.concat([
            Buffer.from(`${entry.mode.replace(/^0/, "")} ${name}\0`),
            Buffer.from(entry.sha, "hex"),
          ]),
        ),
      ),
    );
    this.trees.set(sha, new Map(sorted));
    return sha;
  }

  /** A tree with some paths changed; folders are made and removed as needed. */
  changeTree(base: string | undefined, changes: readonly TreeChange[]): string {
    const entries = new Map(base ? this.trees.get(base) : []);
    const folders = new Map<string, TreeChange[]>();
    for (const change of changes) {
      const slash = change.path.indexOf("/");
      if (slash > 0) {
        const folder = change.path.slice(0, slash);
        folders.set(folder, [
          ...(folders.get(folder) ?? []),
          { ...change, path: change.path.slice(slash + 1) },
        ]);
      } else if (change.content !== undefined) {
        const sha = this.addBlob(Buffer.from(change.content));
        entries.set(change.path, { mode: change.mode ?? "100644", type: "blob", sha });
      } else if (change.sha) {
        entries.set(change.path, { mode: change.mode ?? "100644", type: "blob", sha: change.sha });
      } else {
        entries.delete(change.path);
      }
    }
    for (const [folder, inside] of folders) {
      const sha = this.changeTree(entries.get(folder)?.sha, inside);
      if (this.trees.get(sha)!.size > 0) entries.set(folder, { mode: "040000", type: "tree", sha });
      else entries.delete(folder);
    }
    return this.addTree(entries);
  }

  addCommit(commit: Commit): string {
    const who = `sluice <sluice@example.com> ${Math.floor(Date.parse(commit.date) / 1000)} +0000`;
    const lines = [
      `tree ${commit.tree}`,
      ...commit.parents.map((parent) => `parent ${parent}`),
      `author ${who}`,
      `committer ${who}`,
      "",
      commit.message,
    ];
    const sha = objectName("commit", Buffer.from(lines.join("\n")));
    this.commits.set(sha, commit);
    return sha;
  }

  /** Whether a reference can go from one commit to another without losing one. */
  isAncestor(ancestor: string, commit: string): boolean {
    const seen = new Set<string>();
    const queue = [commit];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next === ancestor) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(...(this.commits.get(next)?.parents ?? []));
    }
    return false;
  }

  /** The entry at a path of a commit, or undefined. */
  find(commit: string, path: string): TreeEntry | undefined {
    const root = this.commits.get(commit)?.tree;
    let entry: TreeEntry | undefined = root ? { mode: "040000", type: "tree", sha: root } : undefined;
    for (const name of path.split("/").filter(Boolean)) entry = this.trees.get(entry?.sha ?? "")?.get(name);
    return entry;
  }

  /** The text of a file on a branch; for assertions. */
  readFile(branch: string, path: string): string | undefined {
    const head = this.refs.get(`refs/heads/${branch}`);
    const entry = head ? this.find(head, path) : undefined;
    return entry?.type === "blob" ? this.blobs.get(entry.sha)?.toString() : undefined;
  }

  /** Puts files on a branch in one commit, as a push from elsewhere does. */
  commitFiles(branch: string, files: Readonly<Record<string, string>>, message = "Change files"): string {
    const ref = `refs/heads/${branch}`;
    const parent = this.refs.get(ref);
    const base = parent ? this.commits.get(parent)?.tree : undefined;
    const tree = this.changeTree(
      base,
      Object.entries(files).map(([path, content]) => ({ path, content })),
    );
    const date = new Date(Date.UTC(2026, 0, 1) + this.commits.size * 1000).toISOString();
    const sha = this.addCommit({ tree, parents: parent ? [parent] : [], message, date });
    this.refs.set(ref, sha);
    return sha;
  }
}

function objectName(type: string, content: Buffer): string {
  return createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");
}

/** Git sorts a folder as if its name ended in a slash. */
const sortName = (name: string, entry: TreeEntry): string => (entry.type === "tree" ? `${name}/` : name);
const compareNames = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
