import { Refusal } from "@sluice/documents";
import { run } from "@sluice/process";

/** No prompt, no pager, no language but English, and nothing of a user's own configuration of diffs. */
const environment = { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
const git = [
  "git",
  "-c",
  "core.quotePath=false",
  "-c",
  "diff.noprefix=false",
  "-c",
  "diff.mnemonicPrefix=false",
];

export interface GitOptions {
  cwd: string;
  signal?: AbortSignal;
}

/**
 * The files of a work tree that are not ignored, relative to the directory, sorted: those that git tracks, and those
 * that were not added yet, because a build packs them too.
 *
 * @returns null when the directory is in no work tree (or there is no git)
 * @throws Refusal `scan.git-failed` when git cannot say
 */
export async function workTreeFiles({ cwd, signal }: GitOptions): Promise<string[] | null> {
  let result: Awaited<ReturnType<typeof run>>;
  try {
    result = await run([...git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd,
      env: environment,
      captureLimit: 256 * 1024 * 1024,
      ...(signal && { signal }),
    });
  } catch (error) {
    if (error instanceof Refusal && error.reasonCode === "run.tool-missing") return null;
    throw error;
  }
  if (result.exitCode !== 0) {
    if (/not a git repository/.test(result.stderr)) return null;
    throw failure("git cannot list the files", result.stderr);
  }
  return [...new Set(result.stdout.split("\0").filter((path) => path !== ""))].sort();
}

/** Lines that a commit added to a file. */
export interface AddedText {
  commit: string;
  file: string;
  text: string;
  /** For each line of `text` its number in the file after the commit. */
  lines: readonly number[];
}

/**
 * What the commits of a release added, oldest last, as git tells it.
 *
 * @param range of commits; `from` itself is not part of it, and null means from the beginning
 * @param onAdded called for each file of each commit; its answer is awaited by nobody
 * @throws Refusal `scan.git-failed` when a commit is not there, as in a shallow clone
 */
export async function readAddedText(
  range: { from: string | null; to: string },
  { cwd, signal }: GitOptions,
  onAdded: (added: AddedText) => void,
): Promise<{ commits: number }> {
  for (const revision of [range.from, range.to]) {
    if (revision?.startsWith("-")) throw failure(`\`${revision}\` is no commit`, "");
  }
  const reader = new PatchReader(onAdded);
  const result = await run(
    [
      ...git,
      "log",
      "--patch",
      "--unified=0",
      "--no-color",
      "--no-ext-diff",
      "--no-textconv",
      "--no-renames",
      "--no-show-signature",
      "--format=commit %H",
      range.from === null ? range.to : `${range.from}..${range.to}`,
      "--",
      ".",
    ],
    {
      cwd,
      env: environment,
      captureLimit: 4096,
      onLine: (line, stream) => {
        if (stream === "stdout") reader.line(line);
      },
      ...(signal && { signal }),
    },
  );
  if (result.exitCode !== 0) throw failure("git cannot read the commits of the release", result.stderr);
  reader.end();
  return { commits: reader.commits };
}

/** Reads `git log --patch --unified=0`, line by line. */
class PatchReader {
  commits = 0;
  readonly #onAdded: (added: AddedText) => void;
  #commit = "";
  #file: string | null = null;
  #content: string[] = [];
  #numbers: number[] = [];
  #next = 0;
  /** Lines of the hunk that are still to come: what looks like a header inside a hunk is content. */
  #removed = 0;
  #added = 0;

  constructor(onAdded: (added: AddedText) => void) {
    this.#onAdded = onAdded;
  }

  line(line: string): void {
    if (this.#removed > 0 && line.startsWith("-")) this.#removed--;
    else if (this.#added > 0 && line.startsWith("+")) {
      this.#added--;
      this.#content.push(line.slice(1));
      this.#numbers.push(this.#next++);
    } else if (line.startsWith("commit ")) {
      this.#flush();
      this.#commit = line.slice("commit ".length);
      this.commits++;
    } else if (line.startsWith("diff --git ")) this.#flush();
    else if (line.startsWith("+++ ")) this.#file = pathOf(line.slice(4));
    else {
      const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
      if (!hunk) return;
      this.#removed = Number(hunk[1] ?? 1);
      this.#next = Number(hunk[2]);
      this.#added = Number(hunk[3] ?? 1);
    }
  }

  end(): void {
    this.#flush();
  }

  #flush(): void {
    if (this.#file !== null && this.#content.length > 0) {
      this.#onAdded({
        commit: this.#commit,
        file: this.#file,
        text: this.#content.join("\n"),
        lines: this.#numbers,
      });
    }
    this.#file = null;
    this.#content = [];
    this.#numbers = [];
    this.#removed = 0;
    this.#added = 0;
  }
}

/** The path behind `+++`: without `b/`, and out of the quotes that git puts around unusual names. */
function pathOf(text: string): string | null {
  const plain = text.replace(/\t$/, "");
  if (plain === "/dev/null") return null;
  const quoted = /^"(.*)"$/.exec(plain)?.[1];
  return (quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, "$1")).replace(/^b\//, "");
}

function failure(what: string, stderr: string): Refusal {
  const said = stderr.trim().split("\n").at(-1) ?? "";
  const remedy = /dubious ownership/.test(stderr)
    ? "Run `git config --global --add safe.directory <directory>` first."
    : /unknown revision|bad object|Invalid revision|bad revision|ambiguous argument/i.test(stderr)
      ? "Fetch the whole history before the scan: `fetch-depth: 0` at actions/checkout, or `git fetch --unshallow`."
      : "Run the same git command in the repository to see what is wrong.";
  return new Refusal({
    reasonCode: "scan.git-failed",
    message: `${what}${said ? `: ${said}` : ""}.`,
    remedy,
  });
}
