import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { report } from "../report.ts";
import { ExampleHistory, threeReleases } from "../testing/example-history.ts";
import { toHtml } from "./page.ts";

const history = threeReleases();
const page = toHtml(report(history.input()));
const only = (run: number) => toHtml(report(history.input({ runs: [history.runs[run]!] })));
const textOf = (html: string) =>
  html
    .replace(/<(script|style)>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
const article = (html: string, number: number) => html.split("<article").at(number) ?? "";

describe("the page of three releases", () => {
  test("begins with what happened, in one sentence, and leads to each release", () => {
    const lead = /<p class="lead"[^>]*>(.*?)<\/p>/.exec(page)?.[1];
    expect(lead).toBe("Of 3 releases, 2 went live and 1 was rolled back. 2.0.0 serves now.");
    for (const number of [1, 2, 3]) {
      expect(page).toContain(`href="#run-${number}"`);
      expect(page).toContain(`<article id="run-${number}"`);
    }
  });

  test("says of the bad release what was wrong, how much harm it did and how fast it was back", () => {
    const text = textOf(article(page, 3));
    expect(text).toContain("3.0.0 of orders was rolled back to 2.0.0.");
    expect(text).toMatch(/3\.0\.0 fails [\d.]+ times as often as 2\.0\.0: \d+ of \d+ requests/);
    expect(text).toContain("All traffic was on 2.0.0 again 300 ms after the verdict.");
    expect(text).toMatch(/\d+ Bad responses served|Bad responses served \d+/);
  });

  test("draws weights, failures, latency and evidence on one time axis, for wide and narrow screens (R250, R405)", () => {
    const plots = article(page, 3).match(/<svg class="plot"[\s\S]*?<\/svg>/g) ?? [];
    expect(plots).toHaveLength(2);
    for (const plot of plots) {
      for (const name of [
        "Traffic on 3.0.0",
        "Share of requests that failed",
        "Latency, 99th percentile",
        "Evidence (e-value)",
      ])
        expect(plot).toContain(name);
      expect(plot).toContain("roll back ·");
      expect(plot).toMatch(/<title id="[^"]+">orders: 3\.0\.0 against 2\.0\.0/);
      expect(plot).toMatch(/<desc id="[^"]+">Traffic on 3\.0\.0: 5 %, 25 %, 0 %\./);
      expect(plot.match(/class="band-(new|old)"/g)).toHaveLength(2);
      expect(plot).toMatch(/<circle class="dot bad"/);
      expect(plot).not.toContain("NaN");
    }
  });

  test("explains the verdict in words and with numbers", () => {
    const text = textOf(article(page, 3));
    expect(text).toMatch(/The evidence that 3\.0\.0 is worse than 2\.0\.0 is \d+; a rollback needs 100/);
    expect(text).toContain("Evidence by metric");
    expect(text).toContain("error_rate > 5%".replace(">", "&gt;"));
  });

  test("has no empty paragraph, also where the judge had learned nothing", () => {
    const taught = new ExampleHistory().release("3.0.0", "2.0.0", "bad", "t");
    const started = taught.events.findIndex(({ type }) => type === "rollout.started");
    const policy = { ...taught.events[started]!, type: "rollout.policy", data: { options: {}, learned: [] } };
    const events = taught.events.toSpliced(started + 1, 0, policy as (typeof taught.events)[number]);
    const html = toHtml(report(taught.input({ events })));
    expect(html).toContain('<div class="evidence-words">');
    expect(html).not.toMatch(/<p( class="[^"]*")?><\/p>/);
  });

  test("says by what the judge went, metrics of one's own by their names (R286)", () => {
    const taught = new ExampleHistory().release("3.0.0", "2.0.0", "bad", "t");
    const started = taught.events.findIndex(({ type }) => type === "rollout.started");
    const learned = [
      { name: "eventDispersion:lost", value: 5.24, source: "learned", rollouts: 12 },
      { name: "eventDispersion:constructor", value: 1, source: "default", rollouts: 0 },
    ];
    const policy = { ...taught.events[started]!, type: "rollout.policy", data: { options: {}, learned } };
    const events = taught.events.toSpliced(started + 1, 0, policy as (typeof taught.events)[number]);
    expect(textOf(toHtml(report(taught.input({ events }))))).toContain(
      "lost varies 5.2 times as much as by chance (learned from 12 rollouts); constructor varies 1 times as much as by chance (default, as failures)",
    );
  });

  test("says why there is no chart and no verdict where there is none", () => {
    expect(textOf(article(page, 1))).toContain(
      "This was the first version, so there was nothing to compare it with",
    );
  });

  test("holds stages, build, scan, database, checks, load, plan, journal and figures", () => {
    const text = textOf(article(page, 2));
    for (const part of [
      "Stages",
      "Build and tests",
      "Security scan",
      "Database",
      "Verification",
      "Load from outside",
      "Plan",
      "Journal",
    ])
      expect(text).toContain(part);
    expect(text).toContain("86.4 %");
    expect(text).toContain("7 → 8"); // columns of a table before and after the migration
    expect(text).toContain("no image was built: the local target runs archives"); // why a scanner was skipped
    expect(textOf(page)).toContain("Delivery figures");
  });

  test("has every identifier once, and every label points at something", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, list] of page.matchAll(/aria-labelledby="([^"]+)"/g))
      for (const id of list!.split(" ")) expect(ids).toContain(id);
  });

  test("closes what it opens", () => {
    for (const tag of [
      "details",
      "table",
      "section",
      "article",
      "ol",
      "ul",
      "dl",
      "div",
      "svg",
      "figure",
      "p",
      "span",
    ]) {
      const opened = page.match(new RegExp(`<${tag}[\\s>]`, "g"))?.length ?? 0;
      expect(page.match(new RegExp(`</${tag}>`, "g"))?.length ?? 0, tag).toBe(opened);
    }
  });
});

describe("a page that needs nothing else", () => {
  test("names no address to load anything from", () => {
    expect(page).not.toMatch(/<(link|img|iframe|object|embed|base)\b/);
    expect(page).not.toMatch(/\b(src|srcset|action|poster)=/);
    expect(page).not.toMatch(/url\(|@import/);
    for (const [, target] of page.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#run-\d+$/);
  });

  test("allows exactly its own style and script, and uses no other", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    expect(policy).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
    for (const tag of ["style", "script"]) {
      const blocks = [...page.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))];
      expect(blocks).toHaveLength(1);
      const hash = createHash("sha256").update(blocks[0]![1]!).digest("base64");
      expect(policy.replaceAll("&#39;", "'")).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(page).not.toMatch(/ (style|on[a-z]+)="/);
  });

  test("stays small enough to be sent around", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(400_000);
  });
});

describe("hostile and secret text", () => {
  const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u001b[31m`;

  test("is shown as text wherever it stands", () => {
    const input = new ExampleHistory()
      .release(hostile, "1.0.0", "bad", hostile)
      .input({ project: hostile, environment: hostile });
    const bad = JSON.parse(JSON.stringify(input), (_key, value) =>
      typeof value === "string" && value === "orders" ? hostile : value,
    );
    const html = toHtml(report(bad));
    expect(html).not.toContain("<img");
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(html).not.toContain("\u001b");
  });

  test("of a secret appears nowhere, in whatever form it was handed over", () => {
    const secret = `p"ss<w>&rd'1`;
    const leaky = JSON.parse(JSON.stringify(history.input()), (key, value) =>
      key === "summary" || key === "message" || key === "text" ? `${value} ${secret}` : value,
    );
    leaky.runs[0].results[3].details.database = "postgresql://shop:hunter22@db/shop";
    const html = toHtml(report({ ...leaky, secrets: [secret] }));
    expect(html).not.toContain(secret);
    expect(html).not.toContain("p&quot;ss");
    expect(html).not.toContain("hunter22");
    expect(html).toContain("***");
  });
});

describe("a page of one run", () => {
  test("begins with its headline and why", () => {
    expect(/<p class="lead"[^>]*>(.*?)<\/p>/.exec(only(2))?.[1]).toBe(
      "3.0.0 of orders was rolled back to 2.0.0.",
    );
  });

  test("of a failed build opens what failed (R476)", () => {
    const [run] = new ExampleHistory().release("2.0.0", "1.0.0", "good", "t").runs;
    const build = structuredClone(run!.results[1]!);
    build.status = "failed";
    build.summary = "2 tests of orders failed";
    build.problems = [
      {
        severity: "error",
        reasonCode: "build.command-failed",
        message: "2 tests failed.",
        remedy: "Run `npm test` in orders.",
        location: { file: "orders/cart.test.ts", line: 12 },
      },
    ];
    if (build.details?.stage !== "build") throw new Error("not a build");
    build.details.services[1]!.tests = {
      passed: 17,
      failed: 2,
      skipped: 0,
      seconds: 1,
      failures: [{ name: "cart > adds tax", message: "expected 119 to be 121" }],
    };
    const html = toHtml(
      report({
        project: "shop",
        environment: "dev",
        now: Date.now(),
        events: [],
        runs: [{ run: "pr-7", results: [build] }],
      }),
    );
    expect(textOf(html)).toContain("was not deployed: build failed.");
    expect(html).toContain("orders/cart.test.ts:12");
    expect(html).toMatch(/<details open><summary><h3>Build and tests/);
    expect(textOf(html)).toContain("expected 119 to be 121");
  });

  test("of a version that died before the judge decided says so, and not what the judge said before", () => {
    const bad = new ExampleHistory().release("3.0.0", "2.0.0", "bad", "t");
    const events = bad.events
      .filter((event) => event.type !== "rollout.verdict" || event.data.verdict !== "rollback")
      .map((event) =>
        event.type === "rollout.finished"
          ? { ...event, data: { ...event.data, summary: "3.0.0 died with exit status 1" } }
          : event,
      );
    const text = textOf(toHtml(report(bad.input({ events }))));
    expect(text).toContain("3.0.0 of orders was rolled back to 2.0.0. 3.0.0 died with exit status 1.");
    expect(text).toContain("The judge had not decided when the rollout ended");
  });

  test("of an empty environment says that nothing has been deployed", () => {
    const html = toHtml(report({ project: "shop", environment: "dev", now: 0, events: [] }));
    expect(textOf(html)).toContain("Nothing has been deployed here yet.");
  });
});
