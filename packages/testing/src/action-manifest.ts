import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";

/** What `action.yml` says about an action, as far as a runner needs it. */
export interface ActionManifest {
  name: string;
  description: string;
  inputs: Record<string, { description: string; required?: boolean; default?: string | boolean | number }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; main: string; post?: string; "post-if"?: string };
  /** Absolute paths of the programs. */
  main: string;
  post: string | undefined;
}

/** @param folder the folder that holds `action.yml` */
export async function readManifest(folder: string): Promise<ActionManifest> {
  const file = join(folder, "action.yml");
  const { inputs = {}, outputs = {}, ...rest } = parse(await readFile(file, "utf8"));
  const { main, post } = rest.runs as ActionManifest["runs"];
  const from = (path: string) => resolve(dirname(file), path);
  return { ...rest, inputs, outputs, main: from(main), post: post === undefined ? undefined : from(post) };
}

/**
 * The variables in which the runner hands inputs over: defaults first, then what `with` says.
 *
 * @param token what `${{ github.token }}` is, the one expression that defaults use
 */
export function inputVariables(
  manifest: Pick<ActionManifest, "inputs">,
  given: Readonly<Record<string, string>>,
  token = "",
): Record<string, string> {
  const defaults = Object.entries(manifest.inputs)
    .filter(([, input]) => input.default !== undefined)
    .map(
      ([name, input]) =>
        [name, String(input.default).replace(/^\$\{\{ github\.token \}\}$/, () => token)] as const,
    );
  const merged = Object.entries({ ...Object.fromEntries(defaults), ...given });
  return Object.fromEntries(
    merged.map(([name, value]) => [`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`, value]),
  );
}
