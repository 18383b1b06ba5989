import type { NewEvent } from "@sluice/documents";
import type { Clock } from "@sluice/ports";
import { describeJournalStore } from "@sluice/testing/conformance/journal-store";
import { type FakeGitHub, startFakeGitHub } from "@sluice/testing/github";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { branchJournalStore } from "./branch-journal-store.ts";

let github: FakeGitHub;
beforeEach(async () => {
  github = await startFakeGitHub();
  github.repository.git.commitFiles("main", { "README.md": "# shop\n" });
});
afterEach(() => github.close());

const impatient: Clock = { now: () => Date.now(), sleep: async () => {} };
const store = (path = "production", token = github.token) =>
  branchJournalStore({ token, owner: "acme", repo: "shop", baseUrl: github.url, path, clock: impatient });

const note = (text: string, run = "run-1"): NewEvent => ({
  at: "2026-01-02T03:04:05.000Z",
  run,
  environment: "production",
  type: "note",
  data: { text },
});
const texts = async (journal: ReturnType<typeof store>) =>
  (await journal.read()).map((event) => event.type === "note" && event.data.text);

describe("a journal on a branch", () => {
  test("is empty before the first event, and asking makes no branch", async () => {
    expect(await store().read()).toEqual([]);
    expect([...github.repository.git.refs.keys()]).toEqual(["refs/heads/main"]);
  });

  test("keeps events in order, with sequences without gaps, for whoever reads it later", async () => {
    const journal = store();
    const first = await journal.append([note("one"), note("two")], 0);
    const second = await journal.append([note("three")], 2);
    expect(first).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
    expect(second).toMatchObject([{ sequence: 3, schema: "sluice/event/v1" }]);
    expect(await texts(store())).toEqual(["one", "two", "three"]);
  });

  test("has a history of its own: no commit of the code is in it", async () => {
    await store().append([note("one")], 0);
    const { git } = github.repository;
    expect(git.isAncestor(git.refs.get("refs/heads/main")!, git.refs.get("refs/heads/sluice-journal")!)).toBe(
      false,
    );
    expect(git.readFile("sluice-journal", "production/0000000001.jsonl")).toContain('"text":"one"');
    expect(git.readFile("sluice-journal", "README.md")).toBeUndefined();
  });

  test("begins a new file when one is large, and reads over both", async () => {
    const journal = store();
    await journal.append([note("x".repeat(300_000))], 0);
    await journal.append([note("small")], 1);
    const { git } = github.repository;
    expect(git.readFile("sluice-journal", "production/0000000002.jsonl")).toContain("small");
    const fresh = store();
    expect((await fresh.read()).map((event) => event.sequence)).toEqual([1, 2]);
    github.requests.length = 0;
    await fresh.append([note("more")], 2);
    const blobs = github.requests.filter(
      (call) => call.method === "GET" && call.path.includes("/git/blobs/"),
    );
    expect(blobs, "files that have not changed are not read again").toEqual([]);
  });
});

describe("calls, which GitHub counts", () => {
  const count = async (work: () => Promise<unknown>) => {
    github.requests.length = 0;
    await work();
    return github.requests.map(({ method }) => method).join(" ");
  };

  test("to read what nobody else has changed is one, to append to it three", async () => {
    const journal = store();
    await journal.append([note("one")], 0);
    expect(await count(() => journal.read())).toBe("GET");
    expect(await count(() => journal.append([note("two")], 1))).toBe("POST POST PATCH");
    expect(await count(() => journal.append([note("three")], 2))).toBe("POST POST PATCH");
    expect(await texts(store())).toEqual(["one", "two", "three"]);
  });

  test("are more after another writer, whose events are then known", async () => {
    const [a, b] = [store(), store()];
    await a.append([note("from a")], 0);
    await b.read();
    await a.append([note("from a again")], 1);
    expect(await b.append([note("stale")], 1), "what it knows is old: the branch does not move").toBe(
      "conflict",
    );
    expect(await texts(b)).toEqual(["from a", "from a again"]);
  });

  test("a file that this writer made itself is never read back", async () => {
    const journal = store();
    await journal.append([note("one")], 0);
    await store("staging").append([note("elsewhere")], 0);
    const calls = await count(() => journal.read());
    expect(calls, "reference, commit, tree").toBe("GET GET GET");
  });
});

describe("two writers at once", () => {
  test("the second one is told, and nothing is mixed up", async () => {
    const [a, b] = [store(), store()];
    await a.append([note("from a")], 0);
    expect(await b.append([note("from b", "run-2")], 0)).toBe("conflict");
    expect(await texts(a)).toEqual(["from a"]);
  });

  test("of many, exactly one gets each place", async () => {
    const writers = Array.from({ length: 8 }, (_, index) =>
      store().append([note(`w${index}`, `run-${index}`)], 0),
    );
    const outcomes = await Promise.all(writers);
    expect(outcomes.filter((outcome) => outcome !== "conflict")).toHaveLength(1);
    expect(await store().read()).toHaveLength(1);
  });

  test("in two environments do not disturb each other on the one branch", async () => {
    const outcomes = await Promise.all(
      ["staging", "production", "dev"].map((name) => store(name).append([note(name)], 0)),
    );
    expect(outcomes).not.toContain("conflict");
    expect(await texts(store("staging"))).toEqual(["staging"]);
    expect(await texts(store("production"))).toEqual(["production"]);
  });
});

describe("GitHub in trouble", () => {
  test("5xx and cut connections are tried again, and the event is there once", async () => {
    github.fail({
      method: "POST",
      path: /git\/blobs$/,
      answer: { status: 502, body: { message: "Bad gateway" } },
    });
    github.fail({ method: "POST", path: /git\/trees$/, cut: "before" });
    await store().append([note("one")], 0);
    expect(await texts(store())).toEqual(["one"]);
  });

  test("an answer that is lost after the branch moved does not lose or double the event", async () => {
    const journal = store();
    await journal.append([note("one")], 0);
    github.fail({ method: "PATCH", cut: "after" });
    expect(await journal.append([note("two")], 1)).toMatchObject([{ sequence: 2 }]);
    expect(await texts(store())).toEqual(["one", "two"]);
  });

  test("an append whose answer was lost is recognised although somebody has written since", async () => {
    const journal = store();
    await journal.append([note("one")], 0);
    // The move happens, its answer is lost, and another environment writes before the call is repeated.
    github.fail({ method: "PATCH", cut: "after" });
    const other: Clock = {
      now: () => Date.now(),
      sleep: async () =>
        void github.repository.git.commitFiles("sluice-journal", { "dev/note.txt": "hello" }),
    };
    const slow = branchJournalStore({
      token: github.token,
      owner: "acme",
      repo: "shop",
      baseUrl: github.url,
      path: "production",
      clock: other,
    });
    const event = { ...note("two"), service: undefined };
    expect(await slow.append([event], 1)).toMatchObject([{ sequence: 2 }]);
    expect(await texts(store())).toEqual(["one", "two"]);
  });

  test("that does not pass is refused with a code, and nothing was written", async () => {
    github.fail({ times: 100, answer: { status: 503, body: { message: "Service unavailable" } } });
    await expect(store().append([note("one")], 0)).rejects.toMatchObject({
      reasonCode: "run.journal-unwritable",
    });
    await expect(store().read()).rejects.toMatchObject({ reasonCode: "run.journal-broken" });
  });

  test("a token without the permission is told which permission", async () => {
    github.fail({
      method: "POST",
      answer: { status: 403, body: { message: "Resource not accessible by integration" } },
    });
    await expect(store().append([note("one")], 0)).rejects.toThrow(/permissions: contents: write/);
  });

  test("a wrong token is told, and does not appear in the message", async () => {
    const token = "ghs_wrong000000000000000000000000000000";
    const failure: unknown = await store("production", token)
      .append([note("one")], 0)
      .catch((error) => error);
    expect(failure).toMatchObject({ reasonCode: expect.stringMatching(/^run\.journal/) });
    expect(String((failure as Error).stack)).not.toContain(token);
  });

  test("a line that somebody edited is refused with file and line", async () => {
    await store().append([note("one"), note("two")], 0);
    const { git } = github.repository;
    const text = git.readFile("sluice-journal", "production/0000000001.jsonl")!;
    git.commitFiles("sluice-journal", {
      "production/0000000001.jsonl": text.replace('"sequence":2', '"sequence":9'),
    });
    await expect(store().read()).rejects.toMatchObject({
      problems: [
        { reasonCode: "run.journal-broken", location: { file: "production/0000000001.jsonl", line: 2 } },
      ],
    });
  });
});

describeJournalStore("a branch of the repository", async () => {
  const server = await startFakeGitHub();
  const { url: baseUrl, token } = server;
  const options = { token, owner: "acme", repo: "shop", baseUrl, path: "staging", clock: impatient };
  return { open: () => branchJournalStore(options), stop: () => server.close() };
});
