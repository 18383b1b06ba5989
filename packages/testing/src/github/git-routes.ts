import type { TreeChange } from "./git-objects.ts";
import { notFound, problem, type Repository, type Route } from "./routes.ts";

const refAnswer = (ref: string, sha: string) => ({
  ref,
  node_id: Buffer.from(ref).toString("base64"),
  url: `https://api.github.com/repos/acme/shop/git/${ref}`,
  object: { type: "commit", sha, url: `https://api.github.com/repos/acme/shop/git/commits/${sha}` },
});

const treeAnswer = (repository: Repository, sha: string, recursive: boolean, prefix = ""): object[] =>
  [...(repository.git.trees.get(sha) ?? [])].flatMap(([name, entry]) => [
    { path: `${prefix}${name}`, ...entry },
    ...(recursive && entry.type === "tree"
      ? treeAnswer(repository, entry.sha, true, `${prefix}${name}/`)
      : []),
  ]);

/** References, blobs, trees, commits and contents: what a compare-and-swap on a branch needs. */
export const gitRoutes: readonly Route[] = [
  [
    "GET",
    "git/ref/*ref",
    (_, { ref }, { git }) => {
      const sha = git.refs.get(`refs/${ref}`);
      return sha ? { status: 200, body: refAnswer(`refs/${ref}`, sha) } : notFound();
    },
  ],
  [
    "POST",
    "git/refs",
    ({ body }, _, { git }) => {
      const ref = String(body.ref);
      const sha = String(body.sha);
      if (!/^refs\/.+\/.+/.test(ref) && !/^refs\/heads\/.+/.test(ref)) {
        return problem(422, `Reference name '${ref}' is not valid`);
      }
      if (git.refs.has(ref)) return problem(422, "Reference already exists");
      if (!git.commits.has(sha)) return problem(422, "Object does not exist");
      git.refs.set(ref, sha);
      return { status: 201, body: refAnswer(ref, sha) };
    },
  ],
  [
    "PATCH",
    "git/refs/*ref",
    ({ body }, { ref }, { git }) => {
      const name = `refs/${ref}`;
      const sha = String(body.sha);
      const now = git.refs.get(name);
      if (!now) return problem(422, "Reference does not exist");
      if (!git.commits.has(sha)) return problem(422, "Object does not exist");
      if (body.force !== true && !git.isAncestor(now, sha))
        return problem(422, "Update is not a fast forward");
      git.refs.set(name, sha);
      return { status: 200, body: refAnswer(name, sha) };
    },
  ],
  [
    "POST",
    "git/blobs",
    ({ body }, _, { git }) => {
      const encoding = body.encoding === "base64" ? "base64" : "utf8";
      const sha = git.addBlob(Buffer.from(String(body.content ?? ""), encoding));
      return { status: 201, body: { sha, url: `https://api.github.com/repos/acme/shop/git/blobs/${sha}` } };
    },
  ],
  [
    "GET",
    "git/blobs/:sha",
    (call, { sha }, { git }) => {
      const content = git.blobs.get(sha!);
      if (!content) return notFound();
      if (String(call.headers.accept).includes("raw")) return { status: 200, body: content };
      const lines = content.toString("base64").replace(/(.{60})/g, "$1\n");
      return { status: 200, body: { sha, size: content.length, encoding: "base64", content: lines } };
    },
  ],
  [
    "POST",
    "git/trees",
    ({ body }, _, repository) => {
      const { git } = repository;
      const base = body.base_tree as string | undefined;
      if (base && !git.trees.has(base)) return notFound();
      const changes = body.tree as (TreeChange & { type?: string })[];
      const missing = changes.find((change) => change.sha && !git.blobs.has(change.sha));
      if (missing) return problem(422, `tree.sha ${missing.sha} is not a valid blob`);
      const sha = git.changeTree(base, changes);
      return { status: 201, body: { sha, tree: treeAnswer(repository, sha, false), truncated: false } };
    },
  ],
  [
    "GET",
    "git/trees/:sha",
    ({ query }, { sha }, repository) => {
      // A tree may be named by itself, by a commit, or by a branch, and by a path behind it.
      const [name, path = ""] = sha!.split(":");
      const { git } = repository;
      const commit = git.refs.get(`refs/heads/${name}`) ?? (git.commits.has(name!) ? name : undefined);
      const tree = commit ? git.find(commit, path)?.sha : name;
      if (!tree || !git.trees.has(tree)) return notFound();
      const body = {
        sha: tree,
        tree: treeAnswer(repository, tree, query.has("recursive")),
        truncated: false,
      };
      return { status: 200, body };
    },
  ],
  [
    "POST",
    "git/commits",
    ({ body }, _, { git }) => {
      const tree = String(body.tree);
      const parents = (body.parents as string[] | undefined) ?? [];
      if (!git.trees.has(tree)) return problem(422, "Tree SHA does not exist");
      if (!parents.every((parent) => git.commits.has(parent)))
        return problem(422, "Parent SHA does not exist or is not a commit object");
      const message = String(body.message);
      const sha = git.addCommit({ tree, parents, message, date: new Date().toISOString() });
      return {
        status: 201,
        body: { sha, message, tree: { sha: tree }, parents: parents.map((p) => ({ sha: p })) },
      };
    },
  ],
  [
    "GET",
    "git/commits/:sha",
    (_, { sha }, { git }) => {
      const commit = git.commits.get(sha!);
      if (!commit) return notFound();
      const { message, tree, parents } = commit;
      return {
        status: 200,
        body: { sha, message, tree: { sha: tree }, parents: parents.map((p) => ({ sha: p })) },
      };
    },
  ],
  [
    "GET",
    "contents/*path",
    ({ query, headers }, { path }, { git }) => {
      const name = query.get("ref") ?? "main";
      const commit = git.refs.get(`refs/heads/${name}`) ?? name;
      const entry = git.find(commit, path!);
      if (!entry) return notFound();
      if (entry.type === "tree") {
        const list = [...git.trees.get(entry.sha)!].map(([child, of]) => ({
          type: of.type === "tree" ? "dir" : "file",
          name: child,
          path: `${path}/${child}`,
          sha: of.sha,
        }));
        return { status: 200, body: list };
      }
      const content = git.blobs.get(entry.sha)!;
      if (String(headers.accept).includes("raw")) return { status: 200, body: content };
      // From 1 MB on the API leaves the content out; whoever needs it asks for the raw form.
      const isBig = content.length > 1_000_000;
      return {
        status: 200,
        body: {
          type: "file",
          name: path!.split("/").at(-1),
          path,
          sha: entry.sha,
          size: content.length,
          encoding: isBig ? "none" : "base64",
          content: isBig ? "" : content.toString("base64"),
        },
      };
    },
  ],
];
