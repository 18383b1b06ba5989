import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { configReference, configSchema } from "./reference.ts";

describe("the published JSON Schema", () => {
  const schema = schemaOf(configSchema("environment"));
  const accepts = (text: string) => schema.safeParse(parse(text)).success;

  test.each(["dev", "staging", "multi-region"])("accepts the %s example as an editor sees it", (name) => {
    expect(accepts(readFileSync(new URL(`../fixtures/${name}-config.yaml`, import.meta.url), "utf8"))).toBe(
      true,
    );
  });

  test.each([
    ["healthCheck: {timeout: 5s}", true],
    ["healthCheck: {timeout: 5}", false],
    ["healthCheck: {timeout: 5Mi}", false],
    ["canary: {steps: [{weight: 5}, {weight: 50%}]}", true],
    ["canary: {steps: [{weight: 0.5}]}", false],
    ["canary: {analysis: {metrics: [{name: error_rate, max: 0.1%}]}}", true],
    ["canary: {analysis: {metrics: [{name: error_rate, max: 0.1}]}}", false],
    ["autoRollback: {conditions: [latency_p99 > 1000ms]}", true],
    ["autoRollback: {conditions: [latency_p99 > 1000]}", false],
    ["strategy: blue-green", false],
    ["replica: 2", false],
  ])("says of `%s` that it is valid: %s", (text, isValid) => expect(accepts(text)).toBe(isValid));
});

test.each(["project", "environment"] as const)(
  "every key of the %s file says what it means, and shows it",
  (name) => {
    const rows = configReference(name);
    expect(rows.length).toBeGreaterThan(40);
    expect(
      rows.filter(({ description }) => !/^[A-Z`].+\.$/s.test(description)).map(({ key }) => key),
    ).toEqual([]);
    const isSection = ({ type }: { type: string }) => /^(map|list of map)$/.test(type);
    const silent = rows.filter(
      (row) => !isSection(row) && row.examples.length === 0 && row.default === undefined,
    );
    expect(silent.map(({ key }) => key)).toEqual([]);
    expect(rows.filter(({ type }) => type === "anything").map(({ key }) => key)).toEqual(
      name === "project" ? ["services[].smoke[].body", "verify.smoke[].body"] : [],
    );
  },
);

test("every example of a key is accepted by that key", () => {
  for (const name of ["project", "environment"] as const) {
    const root = configSchema(name);
    for (const { key, schema } of keysWithSchema(root, ""))
      for (const example of schema.examples ?? []) {
        const result = schemaOf({ ...schema, $defs: root.$defs }).safeParse(example);
        expect(result.success, `${key}: ${JSON.stringify(example)}`).toBe(true);
      }
  }
});

type Schema = z.core.JSONSchema.BaseSchema;
function keysWithSchema(schema: Schema, prefix: string): { key: string; schema: Schema }[] {
  const children = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const items = schema.items as Schema | undefined;
  return [
    ...children.flatMap(([key, child]) => [
      { key: `${prefix}${key}`, schema: child },
      ...keysWithSchema(child, `${prefix}${key}.`),
    ]),
    ...(items ? keysWithSchema(items, `${prefix}[].`) : []),
  ];
}

function schemaOf(schema: Schema): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
}
