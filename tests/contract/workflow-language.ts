import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { data } from "@actions/expressions";
import type { ActionMetadata, ActionReference } from "@actions/languageservice/action";
import { parse } from "yaml";
import { ownRepository, pins } from "./pins.ts";
import { read, root } from "./repository.ts";

// The packages of GitHub import their JSON schema without saying that it is JSON, which Node refuses.
registerHooks({
  load: (url, context, next) =>
    url.endsWith(".json")
      ? next(url, { ...context, importAttributes: { ...context.importAttributes, type: "json" } })
      : next(url, context),
});
const { validate, registerLogger } = await import("@actions/languageservice");
const expressions = await import("@actions/expressions");
const { TextDocument } = await import("vscode-languageserver-textdocument");

const defects: string[] = [];
registerLogger({
  error: (message) => void defects.push(message),
  warn: () => {},
  info: () => {},
  log: () => {},
});

/**
 * What GitHub's own language service says about a workflow: schema, expressions and the contexts they may use,
 * `needs`, inputs and outputs of actions and of called workflows.
 *
 * @returns one line for each finding, as `file:line:column message`
 */
export async function diagnose(path: string, text: string): Promise<string[]> {
  // Both forms name the same file here, but the service looks only behind `$/`.
  const resolvable = text.replaceAll("uses: ./actions/", "uses: $/actions/");
  const document = TextDocument.create(pathToFileURL(join(root, path)).href, "yaml", 1, resolvable);
  const featureFlags = new expressions.FeatureFlags({ all: true });
  const found = await validate(document, { fileProvider, actionsMetadataProvider, featureFlags });
  if (defects.length > 0) throw new Error(`The language service failed: ${defects.splice(0).join("; ")}`);
  return found
    .map(({ message, range: { start } }) => ({ start, message: String(message) }))
    .filter(({ message }) => !message.startsWith("Block scalar"))
    .map(({ message, start }) => `${path}:${start.line + 1}:${start.character + 1} ${message}`);
}

const fileProvider = {
  async getFileContent(reference: { path: string; owner?: string; repository?: string }) {
    const { owner, repository, path } = reference;
    if (owner && `${owner}/${repository}` !== ownRepository)
      throw new Error(`${owner}/${repository} is not known`);
    return { name: path, content: await read(path) };
  },
};

const actionsMetadataProvider = {
  async fetchActionMetadata({ owner, name, path }: ActionReference): Promise<ActionMetadata | undefined> {
    if (`${owner}/${name}` === ownRepository) {
      return parse(await read(join(path ?? "", "action.yml"))) as ActionMetadata;
    }
    const pin = pins[[owner, name, path].filter(Boolean).join("/")];
    if (!pin) return undefined;
    const inputs = Object.fromEntries(pin.inputs.map((input) => [input, { description: input }]));
    return { name, description: name, inputs };
  },
};

type ExpressionData = data.ExpressionData;

/** A value of a context, as JSON has it. */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const toData = (value: Json): ExpressionData => {
  if (value === null) return new expressions.data.Null();
  if (typeof value === "string") return new expressions.data.StringData(value);
  if (typeof value === "number") return new expressions.data.NumberData(value);
  if (typeof value === "boolean") return new expressions.data.BooleanData(value);
  if (Array.isArray(value)) return new expressions.data.Array(...value.map(toData));
  const pairs = Object.entries(value).map(([key, inner]) => ({ key, value: toData(inner) }));
  return new expressions.data.Dictionary(...pairs);
};

/**
 * Evaluates an expression with GitHub's own evaluator.
 *
 * @param expression with or without `${{ }}`
 * @param contexts   what `github`, `inputs`, `needs` and the others hold
 * @param status     what the functions `success()`, `failure()`, `cancelled()` answer; `always()` is true
 */
export function evaluate(
  expression: string,
  contexts: Record<string, Json>,
  status: { success?: boolean; failure?: boolean; cancelled?: boolean } = {},
): unknown {
  const source = expression.trim().replace(/^\$\{\{([\s\S]*)\}\}$/, "$1");
  const functions = (["success", "failure", "cancelled", "always"] as const).map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new expressions.data.BooleanData(name === "always" || (status[name] ?? false)),
  }));
  const names = Object.keys(contexts);
  const lexed = new expressions.Lexer(source).lex();
  const tree = new expressions.Parser(lexed.tokens, names, functions).parse();
  const byName = new Map(functions.map((each) => [each.name as string, each]));
  const scope = toData(contexts) as data.Dictionary;
  const result = new expressions.Evaluator(tree, scope, byName).evaluate();
  return "value" in result ? result.value : JSON.parse(JSON.stringify(result, expressions.data.replacer));
}
