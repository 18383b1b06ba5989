// biome-ignore-all lint/suspicious/noTemplateCurlyInString: workflows are text here
import { describe, expect, test } from "vitest";
import { pins } from "./pins.ts";
import { parseWorkflow } from "./workflow-model.ts";
import { rules, type World } from "./workflow-rules.ts";

const checkout = `actions/checkout@${pins["actions/checkout"]!.sha}`;
const callee = parseWorkflow(
  ".github/workflows/called.yml",
  `on:
  workflow_call:
    inputs:
      count: { type: number, description: how many }
      name: { type: string, required: true, description: who }
    secrets: { KEY: { required: false } }
permissions: {}
jobs:
  work: { runs-on: x, timeout-minutes: 1, permissions: { contents: write }, steps: [] }
`,
);
const world: World = {
  hasFile: (path) =>
    ["actions/verify/action.yml", "action.yml", ".github/workflows/called.yml"].includes(path),
  workflow: (path) => (path === callee.path ? callee : undefined),
  outputsOf: (folder) => (folder === "actions/verify" ? ["status"] : undefined),
};
const job = (content: string) => `on: push
permissions: {}
jobs:
  a:
    runs-on: x
    timeout-minutes: 5
    permissions: {}
${content.replace(/^/gm, "    ")}
`;

/** One broken workflow for each rule: a rule that finds nothing in it is no rule. */
const broken: Record<keyof typeof rules, string[]> = {
  "actions of others are pinned": [
    job("steps: [{ uses: actions/checkout@v7 }]"),
    job("steps: [{ uses: somebody/else@3d3c42e5aac5ba805825da76410c181273ba90b1 }]"),
    job(`steps:\n  - uses: ${checkout} # v6.0.0`),
  ],
  "own targets exist": [
    job("steps: [{ uses: $/actions/missing }]"),
    job("steps: [{ uses: $/actions/verify@v1 }]"),
    job("steps: [{ uses: sluice-deploy/sluice/actions/verify@main }]"),
  ],
  "called workflows use $/": [
    job("steps: [{ uses: ./actions/verify }]").replace("on: push", "on: { workflow_call: {} }"),
  ],
  "no secret decides": [job("steps:\n  - { if: secrets.KEY != '', run: 'true' }")],
  "no expression is part of a script": [job("steps:\n  - run: echo ${{ github.event.head_commit.message }}")],
  "every job has a time limit": [
    job("steps: []").replace("timeout-minutes: 5", "name: b"),
    job("steps: []").replace("5", "2.5"),
  ],
  "permissions are given job by job": [
    job("steps: []").replace("permissions: {}\njobs", "jobs"),
    job("steps: []").replace("    permissions: {}\n", ""),
    job("steps: []").replace("    permissions: {}\n", "    permissions: write-all\n"),
  ],
  "callers grant what the callee needs": [
    "on: push\npermissions: {}\njobs: { a: { uses: ./.github/workflows/called.yml, permissions: { contents: read } } }",
  ],
  "callers pass what the callee declares": [
    "on: push\njobs: { a: { uses: ./.github/workflows/called.yml, with: { name: x, count: '3' } } }",
    "on: push\njobs: { a: { uses: ./.github/workflows/called.yml, with: { name: x, colour: red } } }",
    "on: push\njobs: { a: { uses: ./.github/workflows/called.yml } }",
    "on: push\njobs: { a: { uses: ./.github/workflows/called.yml, with: { name: x }, secrets: { OTHER: x } } }",
  ],
  "changes to an environment queue": [
    job("steps: [{ uses: $/actions/deploy }]"),
    `${job("steps: [{ uses: sluice-deploy/sluice@v1 }]")}concurrency: { group: a, cancel-in-progress: true }`,
  ],
  "outputs that are read exist": [
    job("outputs: { a: '${{ steps.v.outputs.state }}' }\nsteps: [{ id: v, uses: $/actions/verify }]"),
    job("outputs: { a: '${{ steps.w.outputs.status }}' }\nsteps: [{ id: v, uses: $/actions/verify }]"),
  ],
  "checkouts keep no token": [job(`steps: [{ uses: ${checkout} }]`)],
  "inputs and outputs are described": [
    "on: { workflow_call: { inputs: { a: { type: string } } } }\njobs: {}",
  ],
};

describe("the rules find what they are for (R214)", () => {
  test("every rule is tried", () => {
    expect(Object.keys(broken).sort()).toEqual(Object.keys(rules).sort());
  });
  const cases = Object.entries(broken).flatMap(([rule, texts]) =>
    texts.map((text, index) => [rule, index + 1, text] as const),
  );
  test.each(cases)("%s (%i)", (rule, _, text) => {
    expect(rules[rule]!(parseWorkflow("broken.yml", text), world)).toHaveLength(1);
  });
  test("a workflow that keeps all of them is left alone", () => {
    const good = parseWorkflow(
      "good.yml",
      `on: push
permissions: {}
concurrency: { group: production, cancel-in-progress: false }
jobs:
  call:
    uses: ./.github/workflows/called.yml
    permissions: { contents: write }
    with: { name: x, count: 3 }
  a:
    runs-on: x
    timeout-minutes: 5
    permissions: {}
    outputs: { s: "\${{ steps.v.outputs.status }}" }
    steps:
      - uses: ${checkout} # v7.0.1
        with: { persist-credentials: false }
      - { id: v, uses: $/actions/verify }
`,
    );
    expect(Object.values(rules).flatMap((rule) => rule(good, world))).toEqual([]);
  });
});
