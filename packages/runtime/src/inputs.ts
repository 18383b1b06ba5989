import { Refusal, type RefusalProblem } from "@sluice/documents";
import { dotenvSecrets, readDotenv } from "./dotenv.ts";

/** One input of an action: how its text becomes a value. `action.yml` repeats name, default and requiredness. */
export interface InputSpec<T = unknown> {
  readonly kind: "text" | "secret" | "lines" | "flag" | "choice";
  readonly required: boolean;
  /** Text that counts when the input is empty. */
  readonly default: string;
  readonly allowed?: readonly string[];
  parse(value: string): T;
  /** What has to be masked of a secret; all of its lines when this is left out. */
  secretsIn?(value: string): string[];
  /** Says what is wrong with a value, without showing it. */
  problemOf?(value: string): string | undefined;
}

export type InputSpecs = Record<string, InputSpec>;
export type InputValues<S extends InputSpecs> = {
  [Name in keyof S as Camel<Name & string>]: S[Name] extends InputSpec<infer T> ? T : never;
};
type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

interface Options {
  required?: boolean;
  default?: string;
}

const spec = <T>(
  kind: InputSpec["kind"],
  { required = false, default: preset = "" }: Options,
  parse: (value: string) => T,
  allowed?: readonly string[],
): InputSpec<T> => ({ kind, required, default: preset, parse, ...(allowed ? { allowed } : {}) });

/** A line of text; empty when it is not given. */
export const text = (options: Options = {}): InputSpec<string> => spec("text", options, (value) => value);
/** A text that is masked before anything else happens. */
export const secret = (options: Options = {}): InputSpec<string> => spec("secret", options, (value) => value);
/** Lines `NAME=value`, all of them secret: every value is masked before anything else happens. */
export const secretVariables = (): InputSpec<Record<string, string>> => ({
  ...spec("secret", {}, (value) => readDotenv(value).variables),
  secretsIn: dotenvSecrets,
  problemOf: (value) => {
    const { unreadable } = readDotenv(value);
    if (unreadable.length === 0) return undefined;
    const lines = unreadable.length === 1 ? `line ${unreadable[0]}` : `lines ${unreadable.join(", ")}`;
    return `cannot be read in ${lines}`;
  },
});
/** Names separated by commas or line breaks; empty when it is not given. */
export const lines = (options: Options = {}): InputSpec<string[]> =>
  spec("lines", options, (value) =>
    value
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  );
/** `true` or `false`, as YAML 1.2 writes them. */
export const flag = (options: Options = {}): InputSpec<boolean> =>
  spec("flag", { default: "false", ...options }, (value) => value.toLowerCase() === "true", [
    "true",
    "false",
  ]);
/** One word out of a list, all of them in small letters. */
export const choice = <const W extends string>(
  allowed: readonly W[],
  options: Options = {},
): InputSpec<W | ""> => spec("choice", options, (value) => value.toLowerCase() as W | "", allowed);

/** Names the inputs of an action in one place; the contract tests hold it against `action.yml`. */
export const defineInputs = <const S extends InputSpecs>(specs: S): S => specs;

/** The environment variable in which the runner hands an input over. */
export const inputVariable = (name: string): string => `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`;

/**
 * Reads all inputs at once.
 *
 * @throws Refusal `config.input-invalid` naming every input that is missing or not allowed
 */
export function readInputs<S extends InputSpecs>(specs: S, environment: NodeJS.ProcessEnv): InputValues<S> {
  const problems: RefusalProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, input] of Object.entries(specs)) {
    const given = environment[inputVariable(name)] ?? "";
    // Lines are counted as they were written.
    const value = (input.problemOf ? given : given.trim()) || input.default;
    const problem = check(name, input, value);
    if (problem) problems.push(problem);
    values[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = input.parse(value);
  }
  const [first, ...rest] = problems;
  if (first) throw new Refusal([first, ...rest]);
  return values as InputValues<S>;
}

function check(name: string, input: InputSpec, value: string): RefusalProblem | undefined {
  if (value === "" && input.required)
    return {
      reasonCode: "config.input-invalid",
      message: `The input \`${name}\` is required and was not given.`,
      remedy: `Add \`${name}: …\` under \`with:\` of the step.`,
    };
  if (value !== "" && input.allowed && !input.allowed.includes(value.toLowerCase()))
    return {
      reasonCode: "config.input-invalid",
      message: `The input \`${name}\` is \`${value}\`; allowed are ${input.allowed.map((word) => `\`${word}\``).join(", ")}.`,
      remedy: "Write one of them.",
    };
  const wrong = input.problemOf?.(value);
  if (wrong)
    return {
      reasonCode: "config.input-invalid",
      message: `The input \`${name}\` ${wrong}.`,
      remedy: 'Write `NAME=value` in each line; a value with line breaks is `NAME="one\\ntwo"`.',
    };
  return undefined;
}
