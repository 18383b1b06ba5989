import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { filesBelow, read } from "./repository.ts";

export interface Step {
  id?: string;
  name?: string;
  if?: string | boolean;
  uses?: string;
  run?: string;
  with?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
}

export interface Job {
  if?: string | boolean;
  uses?: string;
  needs?: string | string[];
  permissions?: Record<string, string> | string;
  environment?: string | { name: string; url?: string };
  concurrency?: Concurrency;
  "timeout-minutes"?: number | string;
  strategy?: object;
  with?: Record<string, string | number | boolean>;
  secrets?: "inherit" | Record<string, string>;
  outputs?: Record<string, string>;
  steps?: Step[];
}

export type Concurrency = string | { group: string; "cancel-in-progress"?: boolean | string; queue?: string };

export interface CallInput {
  type: "string" | "number" | "boolean";
  description?: string;
  required?: boolean;
  default?: string | number | boolean;
}

export interface Workflow {
  path: string;
  text: string;
  on: Record<string, unknown>;
  /** What `workflow_call` declares; undefined when the workflow cannot be called. */
  call?: {
    inputs: Record<string, CallInput>;
    secrets: Record<string, { required?: boolean }>;
    outputs: Record<string, { description?: string; value: string }>;
  };
  permissions?: Record<string, string> | string;
  concurrency?: Concurrency;
  jobs: Record<string, Job>;
  /** Every scalar with the keys that lead to it, and its line. */
  scalars: Scalar[];
}

export interface Scalar {
  keys: readonly (string | number)[];
  value: unknown;
  line: number;
  comment: string | undefined;
}

export function parseWorkflow(path: string, text: string): Workflow {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const content = document.toJS() as Omit<Workflow, "path" | "text" | "scalars" | "on"> & { on: unknown };
  const on = (typeof content.on === "string" ? { [content.on]: null } : content.on) as Record<
    string,
    unknown
  >;
  const scalars: Scalar[] = [];
  const visit = (node: Node | null, keys: readonly (string | number)[]): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) visit(value as Node | null, [...keys, String(key)]);
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        visit(item as Node, [...keys, index]);
      });
    } else if (isScalar(node)) {
      const line = lines.linePos(node.range?.[0] ?? 0).line;
      scalars.push({ keys, value: node.value, line, comment: node.comment?.trim() });
    }
  };
  visit(document.contents as Node | null, []);
  const declared = on.workflow_call as Partial<NonNullable<Workflow["call"]>> | undefined;
  const call = declared && { inputs: {}, secrets: {}, outputs: {}, ...declared };
  return { ...content, path, text, on, scalars, ...(call ? { call } : {}) };
}

const isWorkflow = (path: string) => /(^|\/)workflows\/[^/]+\.ya?ml$/.test(path);

/** All workflows: those of the repository, which others call, and the examples of callers. */
export async function loadWorkflows(): Promise<Workflow[]> {
  const paths = [...(await filesBelow(".github", isWorkflow)), ...(await filesBelow("examples", isWorkflow))];
  return Promise.all(paths.map(async (path) => parseWorkflow(path, await read(path))));
}

export const needsOf = (job: Job): string[] => [job.needs ?? []].flat();
