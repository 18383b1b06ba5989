import { ownRepository, pins } from "./pins.ts";
import type { Job, Step, Workflow } from "./workflow-model.ts";

/** What a rule may ask about the rest of the repository. */
export interface World {
  hasFile(path: string): boolean;
  /** The workflow at a path, when there is one. */
  workflow(path: string): Workflow | undefined;
  /** Declared outputs of an own action, by its folder. */
  outputsOf(folder: string): readonly string[] | undefined;
}

/** A rule returns one sentence for each place that breaks it. */
export type Rule = (workflow: Workflow, world: World) => string[];

const jobsOf = (workflow: Workflow): [string, Job][] => Object.entries(workflow.jobs);
const stepsOf = (job: Job): Step[] => job.steps ?? [];
const usesOf = (workflow: Workflow) => workflow.scalars.filter(({ keys }) => keys.at(-1) === "uses");
const at = (workflow: Workflow, line: number, text: string) => `${workflow.path}:${line} ${text}`;

/** Folder or file in this repository that a `uses` means, or undefined when it is somebody else's. */
export function ownPath(uses: string): string | undefined {
  if (uses.startsWith("$/") || uses.startsWith("./")) return uses.slice(2);
  if (uses.startsWith(`${ownRepository}/`)) return uses.slice(ownRepository.length + 1).split("@")[0];
  return uses.startsWith(`${ownRepository}@`) ? "" : undefined;
}

/** Actions of others are pinned to a commit that was looked at, and name its release. */
const pinned: Rule = (workflow) =>
  usesOf(workflow).flatMap(({ value, line, comment }) => {
    const uses = String(value);
    if (ownPath(uses) !== undefined) return [];
    const [name = "", sha = ""] = uses.split("@");
    const pin = pins[name];
    if (!pin) return [at(workflow, line, `${name} is not in the list of pins`)];
    if (sha !== pin.sha) return [at(workflow, line, `${name} is at ${sha} and not at ${pin.sha}`)];
    return comment?.split(" ")[0] === pin.version
      ? []
      : [at(workflow, line, `the comment does not say ${pin.version}`)];
  });

/** Own actions and workflows exist; those of this commit carry no reference, those in examples a version. */
const ownTargets: Rule = (workflow, world) =>
  usesOf(workflow).flatMap(({ value, line }) => {
    const uses = String(value);
    const path = ownPath(uses);
    if (path === undefined) return [];
    const isPublished = uses.startsWith(ownRepository);
    if (isPublished && !/@v\d+$/.test(uses)) return [at(workflow, line, `${uses} does not end in a version`)];
    if (!isPublished && uses.includes("@")) return [at(workflow, line, `${uses} must not name a reference`)];
    const file = path.endsWith(".yml") ? path : [path, "action.yml"].filter(Boolean).join("/");
    return world.hasFile(file) ? [] : [at(workflow, line, `${uses} does not exist`)];
  });

/** Called workflows name the suite's actions by `$/`, so that the caller's checkout does not matter. */
const selfReferences: Rule = (workflow) =>
  workflow.call
    ? usesOf(workflow)
        .filter(({ value, keys }) => keys.includes("steps") && String(value).startsWith("./"))
        .map(({ value, line }) => at(workflow, line, `${value} would be looked up in the caller's checkout`))
    : [];

const noSecretInIf: Rule = (workflow) =>
  workflow.scalars
    .filter(({ keys, value }) => keys.at(-1) === "if" && /\bsecrets\b/.test(String(value)))
    .map(({ line }) => at(workflow, line, "a secret decides"));

/** What an expression gives becomes part of the script's text; a variable stays data. */
const noExpressionInScripts: Rule = (workflow) =>
  workflow.scalars
    .filter(({ keys, value }) => keys.at(-1) === "run" && String(value).includes("${{"))
    .map(({ line }) => at(workflow, line, "an expression is part of a script"));

const timeouts: Rule = (workflow) =>
  jobsOf(workflow).flatMap(([name, job]) => {
    const limit = job["timeout-minutes"];
    if (job.uses || (Number.isInteger(limit) && Number(limit) > 0) || String(limit).startsWith("${{"))
      return [];
    return [`${workflow.path} job ${name} has no timeout-minutes`];
  });

/** Nothing is granted to a workflow as a whole; each job says what it needs. */
const permissionsByJob: Rule = (workflow) => [
  ...(JSON.stringify(workflow.permissions) === "{}" ? [] : [`${workflow.path} does not say permissions: {}`]),
  ...jobsOf(workflow)
    .filter(([, { permissions }]) => typeof permissions !== "object")
    .map(([name]) => `${workflow.path} job ${name} does not name its permissions`),
];

const strength = ["none", "read", "write"];

/** A called workflow asks for no more than its caller grants; GitHub would not start it otherwise. */
const permissionsOfCallee: Rule = (workflow, world) =>
  jobsOf(workflow).flatMap(([name, job]) => {
    const callee = job.uses === undefined ? undefined : world.workflow(ownPath(job.uses) ?? "");
    if (!callee) return [];
    const granted = (job.permissions ?? {}) as Record<string, string>;
    return jobsOf(callee).flatMap(([inner, { permissions }]) =>
      Object.entries((permissions ?? {}) as Record<string, string>)
        .filter(([scope, level]) => strength.indexOf(level) > strength.indexOf(granted[scope] ?? "none"))
        .map(
          ([scope, level]) =>
            `${workflow.path} job ${name}: ${callee.path} job ${inner} needs ${scope}: ${level}`,
        ),
    );
  });

/** Values given to a called workflow have the type that it declares; secrets and required inputs are there. */
const callTypes: Rule = (workflow, world) =>
  jobsOf(workflow).flatMap(([name, job]) => {
    const call = job.uses === undefined ? undefined : world.workflow(ownPath(job.uses) ?? "")?.call;
    if (!call) return [];
    const where = `${workflow.path} job ${name}`;
    const given = job.with ?? {};
    const wrong = Object.entries(given).flatMap(([input, value]) => {
      const type = call.inputs[input]?.type;
      if (!type) return [`${where}: ${input} is not an input of ${job.uses}`];
      if (/^\$\{\{[\s\S]*\}\}$/.test(String(value)) || typeof value === type) return [];
      return [`${where}: ${input} is ${JSON.stringify(value)} and not a ${type}`];
    });
    const missing = Object.entries(call.inputs)
      .filter(([input, { required }]) => required && !(input in given))
      .map(([input]) => `${where}: ${input} is required`);
    const secrets = job.secrets === "inherit" ? [] : Object.keys(job.secrets ?? {});
    const unknown = secrets
      .filter((secret) => !(secret in call.secrets))
      .map((secret) => `${where}: ${secret} is not a secret of ${job.uses}`);
    return [...wrong, ...missing, ...unknown];
  });

const changing = /^(actions\/(deploy|deploy-canary|migrate-db|rollback))?$/;

/** Whatever changes an environment waits for its turn and is not thrown away (R252). */
const concurrency: Rule = (workflow) =>
  jobsOf(workflow).flatMap(([name, job]) => {
    const isChanging = stepsOf(job).some(({ uses }) => uses && changing.test(ownPath(uses) ?? "-"));
    if (!isChanging) return [];
    const setting = job.concurrency ?? workflow.concurrency;
    if (typeof setting !== "object") return [`${workflow.path} job ${name} has no concurrency`];
    return setting["cancel-in-progress"] === false
      ? []
      : [`${workflow.path} job ${name} may be cancelled by the next`];
  });

/** An output of an own action that is read is one that it has. */
const outputsExist: Rule = (workflow, world) =>
  jobsOf(workflow).flatMap(([name, job]) => {
    const text = JSON.stringify(job);
    const read = [...text.matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)];
    return read.flatMap(([, id, output]) => {
      const step = stepsOf(job).find((candidate) => candidate.id === id);
      if (!step) return [`${workflow.path} job ${name}: there is no step ${id}`];
      const path = ownPath(step.uses ?? "-");
      const declared = path === undefined ? undefined : world.outputsOf(path);
      return declared && !declared.includes(output!)
        ? [`${workflow.path} job ${name}: ${step.uses} has no output ${output}`]
        : [];
    });
  });

/** A checkout leaves no token behind for later steps to read. */
const checkoutsWithoutToken: Rule = (workflow) =>
  jobsOf(workflow).flatMap(([name, job]) =>
    stepsOf(job)
      .filter(
        (step) => step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false,
      )
      .map(() => `${workflow.path} job ${name} keeps the token of its checkout`),
  );

const descriptions: Rule = (workflow) =>
  (["inputs", "outputs"] as const).flatMap((kind) =>
    Object.entries(workflow.call?.[kind] ?? {})
      .filter(([, { description }]) => !description)
      .map(([name]) => `${workflow.path} does not describe ${name}`),
  );

export const rules: Readonly<Record<string, Rule>> = {
  "actions of others are pinned": pinned,
  "own targets exist": ownTargets,
  "called workflows use $/": selfReferences,
  "no secret decides": noSecretInIf,
  "no expression is part of a script": noExpressionInScripts,
  "every job has a time limit": timeouts,
  "permissions are given job by job": permissionsByJob,
  "callers grant what the callee needs": permissionsOfCallee,
  "callers pass what the callee declares": callTypes,
  "changes to an environment queue": concurrency,
  "outputs that are read exist": outputsExist,
  "checkouts keep no token": checkoutsWithoutToken,
  "inputs and outputs are described": descriptions,
};
