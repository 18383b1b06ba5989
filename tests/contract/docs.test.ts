import { describe, expect, test } from "vitest";
import { renderPages } from "../../scripts/docs/pages.ts";
import { filesBelow, foldersIn, read, root } from "./repository.ts";
import { diagnose } from "./workflow-language.ts";

test("what is generated is up to date; `npm run docs` writes it", async () => {
  const pages = await renderPages(root);
  expect(pages.length).toBeGreaterThan(10);
  for (const { path, content } of pages) expect(await read(path), path).toBe(content);
});

describe.each(await foldersIn("actions"))("the page of %s", (name) => {
  test("says what it does, shows it, and names inputs, outputs and permissions", async () => {
    const page = await read(`actions/${name}/README.md`);
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["Example", "Inputs", "Outputs", "Permissions"]);
  });

  test("has an example that GitHub would accept", async () => {
    const page = await read(`actions/${name}/README.md`);
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const steps = example.replaceAll(/^/gm, "      ");
    const text = example.startsWith("jobs:")
      ? `on: push\n${example}`
      : `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n${steps}`;
    expect(await diagnose(`actions/${name}/README.yml`, text)).toEqual([]);
    expect(text).toContain("sluice-deploy/sluice");
  });
});

test("every package says what it is", async () => {
  const pages = await filesBelow("packages", (path) => /^packages\/[^/]+\/README\.md$/.test(path));
  expect(pages).toEqual((await foldersIn("packages")).map((name) => `packages/${name}/README.md`));
});

test("links between the pages lead somewhere", async () => {
  const pages = await filesBelow(".", (path) => path.endsWith(".md") && !path.startsWith("examples/"));
  const all = new Set(await filesBelow(".", () => true));
  const broken: string[] = [];
  for (const page of pages) {
    // Links in code are text.
    const text = (await read(page)).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "");
    for (const [, link] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(link!)) continue;
      const target = new URL(link!, `file:///${page}`).pathname.slice(1).replace(/\/$/, "");
      const isThere = all.has(target) || [...all].some((path) => path.startsWith(`${target}/`));
      if (!isThere) broken.push(`${page} → ${link}`);
    }
  }
  expect(broken).toEqual([]);
});
