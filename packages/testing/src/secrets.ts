import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActionRun } from "./runner.ts";

/** The forms in which a value leaves a program by accident. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
  return [...new Set(forms)];
}

/**
 * Every place where a secret can be read after a run: the log (but for the commands that mask it), outputs,
 * summary, state, exported variables, and the files below the given folders.
 *
 * @returns one line for each place; an empty list is what a test expects
 */
export async function leaksOf(
  secret: string,
  run: ActionRun,
  folders: readonly string[] = [],
): Promise<string[]> {
  const forms = formsOf(secret);
  const isIn = (text: string) => forms.some((form) => text.includes(form));
  const unmasked = (log: string) => log.replace(/^\s*::add-mask::.*$/gm, "");
  const places: [string, string][] = [
    ["stdout", unmasked(run.stdout)],
    ["stderr", unmasked(run.stderr)],
    ["summary", run.summary],
    ...Object.entries(run.outputs).map(([name, value]): [string, string] => [`output ${name}`, value]),
    ...Object.entries(run.state).map(([name, value]): [string, string] => [`state ${name}`, value]),
    ...Object.entries(run.exported).map(([name, value]): [string, string] => [`variable ${name}`, value]),
  ];
  return [
    ...places.filter(([, text]) => isIn(text)).map(([place]) => place),
    ...(await filesWith(secret, folders)),
  ];
}

/** Files below the folders whose name or content holds a secret, encoded or not. */
export async function filesWith(secret: string, folders: readonly string[]): Promise<string[]> {
  const forms = formsOf(secret);
  const isIn = (text: string) => forms.some((form) => text.includes(form));
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = join(entry.parentPath, entry.name);
      if (isIn(path) || isIn(await readFile(path, "latin1"))) found.push(path);
    }
  }
  return found;
}
