import { conditionPattern } from "./condition.ts";
import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts";
import { EnvironmentConfig } from "./schema/environment.ts";
import { ProjectConfig } from "./schema/project.ts";
import { cpu, duration, memory, percent } from "./units.ts";

/** One key of a configuration as the reference shows it. */
export interface ReferenceRow {
  /** `canary.steps[].weight`; `<name>` stands for a name that the user chooses. */
  key: string;
  description: string;
  /** What may be written: `text`, `whole number`, `one of …`. */
  type: string;
  isRequired: boolean;
  /** What holds when the key is not there, as it would be written; undefined when there is none. */
  default?: unknown;
  examples: unknown[];
}

type Schema = JsonSchema;

/** The JSON Schema of a configuration file as it is written. */
export function configSchema(name: "project" | "environment"): Schema {
  return jsonSchemaOf(name === "project" ? ProjectConfig : EnvironmentConfig);
}

/** Every key of a configuration file in its order, sections before what is inside. */
export function configReference(name: "project" | "environment"): ReferenceRow[] {
  return rowsOf(configSchema(name), "");
}

function rowsOf(schema: Schema, prefix: string): ReferenceRow[] {
  const named = Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(
    ([key, child]) => {
      const path = prefix ? `${prefix}.${key}` : key;
      return [rowOf(child, path, schema.required?.includes(key) ?? false), ...rowsOf(child, path)];
    },
  );
  const items = schema.items as Schema | undefined;
  const values = schema.additionalProperties as Schema | boolean | undefined;
  return [
    ...named,
    ...(items?.properties ? rowsOf(items, `${prefix}[]`) : []),
    ...(typeof values === "object" && values.properties ? rowsOf(values, `${prefix}.<name>`) : []),
  ];
}

function rowOf(schema: Schema, key: string, isRequired: boolean): ReferenceRow {
  const row: ReferenceRow = {
    key,
    description: schema.description ?? "",
    type: typeOf(schema),
    isRequired,
    examples: schema.examples ?? [],
  };
  return schema.default === undefined ? row : { ...row, default: schema.default };
}

const words: Record<string, string> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  array: "list",
  object: "map",
};

const quantities = [
  ["duration", duration],
  ["percentage", percent],
  ["CPU", cpu],
  ["memory", memory],
  ["condition", { pattern: conditionPattern }],
] as const;

function typeOf(schema: Schema): string {
  if (schema.enum) return `one of ${schema.enum.map((value) => `\`${value}\``).join(", ")}`;
  if (schema.anyOf) return [...new Set((schema.anyOf as Schema[]).map(typeOf))].join(" or ");
  const quantity = quantities.find(([, { pattern }]) => pattern === schema.pattern);
  if (quantity) return quantity[0];
  const items = schema.items as Schema | undefined;
  if (schema.type === "array" && items) return `list of ${typeOf(items)}`;
  return [schema.type]
    .flat()
    .map((type) => words[String(type)] ?? "anything")
    .join(" or ");
}
