import type { ReasonCode, RefusalProblem } from "@sluice/documents";
import type { z } from "zod";
import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts";
import { nearest, oneOf } from "./nearest.ts";
import { describeValue } from "./units.ts";
import { type Path, pathText, type YamlText } from "./yaml.ts";

type Issue = z.core.$ZodIssue;

/** The issues of a validation as problems: what was found, where, what is allowed, and what was meant. */
export function problemsOf(
  issues: readonly Issue[],
  yaml: Pick<YamlText, "value" | "locate">,
  schema: z.ZodType,
): RefusalProblem[] {
  const root = jsonSchemaOf(schema);
  return issues.flatMap((issue) => translate(issue, issue.path as Path, yaml, root));
}

function translate(
  issue: Issue,
  path: Path,
  yaml: Pick<YamlText, "value" | "locate">,
  root: JsonSchema,
): RefusalProblem[] {
  const found = valueAt(yaml.value, path);
  const expected = schemaAt(root, path);
  const key = pathText(path) || "The file";
  const problem = (reasonCode: ReasonCode, what: string, remedy: string): RefusalProblem[] => [
    { reasonCode, message: `${key} is ${what}.`, remedy, location: yaml.locate(path) },
  ];
  const remedy = `Write ${allowed(expected)}.`;

  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((unknown) => unknownKey(unknown, path, yaml, expected));
    case "invalid_type":
      if (found === undefined) return problem("config.missing-key", "missing", remedy);
      return problem("config.wrong-type", describeValue(found), inQuotes(issue, found) ?? remedy);
    case "invalid_value":
      return problem(
        "config.not-allowed",
        describeValue(found),
        `${suggestion(found, issue.values.map(String))}Use ${oneOf(issue.values.map(String))}.`,
      );
    case "too_small":
    case "too_big":
      return problem("config.not-allowed", describeValue(found), sizeRemedy(issue, expected));
    case "invalid_format":
      return problem(
        "config.not-allowed",
        describeValue(found),
        `Write ${issue.message}${example(expected)}.`,
      );
    case "invalid_key":
      return [
        {
          reasonCode: "config.not-allowed",
          message: `${key} has a name that is not allowed here.`,
          remedy: `Write ${issue.issues[0]?.message ?? "another name"}.`,
          location: yaml.locate(path, "key"),
        },
      ];
    case "invalid_union": {
      // Where one of the forms has gone wrong further inside, that form was meant.
      const inner = issue.errors.find((errors) => errors.some((error) => error.path.length > 0));
      if (inner && typeof found === "object")
        return inner.flatMap((each) => translate(each, [...path, ...(each.path as Path)], yaml, root));
      return problem("config.not-allowed", describeValue(found), remedy);
    }
    case "custom":
      return problem(
        (issue.params?.reasonCode as ReasonCode | undefined) ?? "config.not-allowed",
        issue.message,
        (issue.params?.remedy as string | undefined) ?? remedy,
      );
    default:
      return problem("config.not-allowed", describeValue(found), remedy);
  }
}

function unknownKey(
  unknown: string,
  path: Path,
  yaml: Pick<YamlText, "locate">,
  expected: JsonSchema | undefined,
): RefusalProblem {
  const known = Object.keys(expected?.properties ?? {});
  return {
    reasonCode: "config.unknown-key",
    message: `${pathText([...path, unknown])} is not a known key.`,
    remedy: `${suggestion(unknown, known)}Known here: ${known.join(", ")}.`,
    location: yaml.locate([...path, unknown], "key"),
  };
}

/** YAML reads `8080` and `true` as a number and a truth value; as text they need quotes. */
function inQuotes(issue: z.core.$ZodIssueInvalidType, found: unknown): string | null {
  return issue.expected === "string" && (typeof found === "number" || typeof found === "boolean")
    ? `Write it as text, in quotes: \`"${found}"\`.`
    : null;
}

function suggestion(found: unknown, known: readonly string[]): string {
  const meant = typeof found === "string" ? nearest(found, known) : null;
  return meant ? `Did you mean \`${meant}\`? ` : "";
}

function sizeRemedy(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, expected?: JsonSchema): string {
  const bound = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  const kind = { array: "entry", string: "character" }[issue.origin as "array"];
  return kind
    ? `It needs ${bound} ${kind}${example(expected)}.`
    : `Write a number of ${bound}${example(expected)}.`;
}

/** What a place of the schema allows, in words. */
function allowed(schema: JsonSchema | undefined): string {
  if (!schema) return "something else";
  if (schema.enum) return oneOf(schema.enum.map(String));
  const forms = schema.anyOf as JsonSchema[] | undefined;
  if (forms) return forms.map((form) => allowed(form)).join(" or ") + example(schema);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const words: Record<string, string> = {
    string: "text",
    integer: "a whole number",
    number: "a number",
    boolean: "`true` or `false`",
    array: "a list",
    object: "a map of keys",
  };
  return types.map((type) => words[String(type)] ?? "something else").join(" or ") + example(schema);
}

function example(schema: JsonSchema | undefined): string {
  const first = schema?.examples?.[0];
  return first === undefined || typeof first === "boolean"
    ? ""
    : `, for example \`${typeof first === "string" ? first : JSON.stringify(first)}\``;
}

/** The part of a JSON Schema that speaks about a path. */
function schemaAt(schema: JsonSchema | undefined, path: Path): JsonSchema | undefined {
  const [part, ...rest] = path;
  if (schema === undefined || part === undefined) return schema;
  for (const form of [schema, ...((schema.anyOf ?? []) as JsonSchema[])]) {
    const next =
      typeof part === "number" ? form.items : (form.properties?.[part] ?? form.additionalProperties);
    if (next && typeof next === "object" && !Array.isArray(next)) return schemaAt(next as JsonSchema, rest);
  }
  return undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, part) =>
      inside !== null && typeof inside === "object" && Object.hasOwn(inside, part)
        ? (inside as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}
