import { existsSync } from "node:fs";
import { join } from "node:path";
import type { InputSpecs } from "@sluice/runtime";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { foldersIn, read, root } from "./repository.ts";

interface Manifest {
  name: string;
  description: string;
  inputs: Record<string, { description: string; required?: boolean; default?: unknown }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; main: string; post?: string };
}
interface Declared {
  inputs: InputSpecs;
  outputs: readonly string[];
}

/** The whole pipeline is the action of the root; all others are in their folder. */
const manifestOf = (name: string) => (name === "pipeline" ? "action.yml" : `actions/${name}/action.yml`);
const names = await foldersIn("actions");
const documents = ["result", "status", "reason_code"];

test("the suite has the actions of the documents (R166, R472)", () => {
  expect(names).toEqual(
    expect.arrayContaining([
      "build",
      "deploy",
      "deploy-canary",
      "migrate-db",
      "pipeline",
      "plan",
      "report",
      "rollback",
      "security-scan",
      "verify",
    ]),
  );
});

describe.each(names)("the action %s", (name) => {
  const load = async () => {
    const manifest = parse(await read(manifestOf(name))) as Manifest;
    const declared = (await import(join(root, "actions", name, "inputs.ts"))) as Declared;
    return { manifest, declared };
  };

  test("has the inputs in action.yml that its code reads", async () => {
    const { manifest, declared } = await load();
    expect(Object.keys(manifest.inputs).sort()).toEqual(Object.keys(declared.inputs).sort());
  });

  test("has the defaults and the requiredness of its code", async () => {
    const { manifest, declared } = await load();
    for (const [input, spec] of Object.entries(declared.inputs)) {
      const said = manifest.inputs[input]!;
      expect(said.required ?? false, `${input} is required`).toBe(spec.required);
      expect(typeof (said.default ?? ""), `${input} has a text as its default`).toBe("string");
      // GitHub evaluates what stands in braces; the code sees its value.
      if (!String(said.default ?? "").includes("${{"))
        expect(said.default ?? "", `default of ${input}`).toBe(spec.default);
      if (spec.required) expect(said.default, `${input} is required and has a default`).toBeUndefined();
    }
  });

  test("names every word that an input may be", async () => {
    const { manifest, declared } = await load();
    for (const [input, spec] of Object.entries(declared.inputs)) {
      if (spec.kind !== "choice") continue;
      for (const word of spec.allowed ?? [])
        expect(manifest.inputs[input]!.description).toContain(`\`${word}\``);
    }
  });

  test("has the outputs in action.yml that its code writes", async () => {
    const { manifest, declared } = await load();
    expect(Object.keys(manifest.outputs).sort()).toEqual([...documents, ...declared.outputs].sort());
  });

  test("describes everything in a sentence", async () => {
    const { manifest } = await load();
    const texts = [manifest, ...Object.values(manifest.inputs), ...Object.values(manifest.outputs)];
    for (const { description } of texts) expect(description).toMatch(/\S.*[.]$/s);
    expect(manifest.description.length, "the Marketplace shows 125 characters").toBeLessThanOrEqual(125);
  });

  test("starts its own program", async () => {
    const { manifest } = await load();
    const main = join(manifestOf(name), "..", manifest.runs.main);
    expect(main).toBe(`dist/${name}/index.js`);
    expect(existsSync(join(root, main)), `${main} is built`).toBe(true);
    expect(
      manifest.runs.post === undefined || manifest.runs.post === manifest.runs.main,
      "one bundle for both",
    ).toBe(true);
  });

  test("is a thin shell", async () => {
    const lines = (await read(`actions/${name}/main.ts`)).split("\n").length;
    expect(lines).toBeLessThanOrEqual(60);
  });

  test("logs in nobody by a default", async () => {
    const { manifest } = await load();
    const secret = Object.entries(manifest.inputs).filter(([, { default: preset }]) =>
      /secrets\./.test(String(preset)),
    );
    expect(secret).toEqual([]);
  });
});
