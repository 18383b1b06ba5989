import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { code, table } from "./sections.ts";

interface Input {
  description: string;
  required?: boolean;
  default?: unknown;
  type?: string;
}
interface Manifest {
  description: string;
  inputs?: Record<string, Input>;
  outputs?: Record<string, { description: string }>;
}

export interface Action extends Manifest {
  folder: string;
  /** What stands after `uses: sluice-deploy/sluice`. */
  reference: string;
}

export interface CallableWorkflow {
  name: string;
  /** The comment at the top of the file. */
  introduction: string;
  inputs: Record<string, Input>;
  outputs: Record<string, { description: string }>;
  secrets: Record<string, { description?: string }>;
}

/** All actions by folder, the one of the root (its folder is `pipeline`) first. */
export async function readActions(root: string): Promise<Action[]> {
  const entries = await readdir(join(root, "actions"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const actions = await Promise.all(
    folders.sort().map(async (folder): Promise<Action> => {
      const isRoot = folder === "pipeline";
      const file = isRoot ? join(root, "action.yml") : join(root, "actions", folder, "action.yml");
      const manifest = parse(await readFile(file, "utf8")) as Manifest;
      return { ...manifest, folder, reference: isRoot ? "" : `/actions/${folder}` };
    }),
  );
  return actions.sort((a, b) => Number(b.reference === "") - Number(a.reference === ""));
}

/** The workflows that others may call. */
export async function readCallableWorkflows(root: string): Promise<CallableWorkflow[]> {
  const folder = join(root, ".github/workflows");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yml")).sort();
  const all = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      const { on } = parse(text) as { on: { workflow_call?: Partial<CallableWorkflow> } };
      if (!on.workflow_call) return [];
      const introduction = (/^(#.*\n)+/.exec(text)?.[0] ?? "").replaceAll(/^# ?/gm, "");
      const { inputs = {}, outputs = {}, secrets = {} } = on.workflow_call;
      return [{ name: basename(file, ".yml"), introduction, inputs, outputs, secrets }];
    }),
  );
  return all.flat();
}

export const inputsTable = (inputs: Record<string, Input>): string =>
  Object.keys(inputs).length === 0
    ? "None."
    : table(
        ["input", "default", "meaning"],
        Object.entries(inputs).map(([name, input]) => [
          `${code(name)}${input.type && input.type !== "string" ? ` (${input.type})` : ""}`,
          input.required ? "**required**" : code(input.default),
          input.description,
        ]),
      );

export const outputsTable = (outputs: Record<string, { description: string }>): string =>
  Object.keys(outputs).length === 0
    ? "None."
    : table(
        ["output", "meaning"],
        Object.entries(outputs).map(([name, { description }]) => [code(name), description]),
      );

export const actionsTable = (actions: readonly Action[]): string =>
  table(
    ["action", "what it does"],
    actions.map(({ folder, reference, description }) => [
      `[\`sluice-deploy/sluice${reference}\`](actions/${folder}/README.md)`,
      description,
    ]),
  );
