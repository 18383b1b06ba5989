import { commitOf } from "@sluice/building";
import {
  automaticEnvironment,
  environmentOfBranch,
  firstEnvironment,
  isDeployedBy,
  type LoadedConfig,
  loadConfig,
  loadProject,
  type Occasion,
  prefixOf,
} from "@sluice/config";
import { Refusal } from "@sluice/documents";
import { configFilesOf } from "./config-files.ts";
import type { Context } from "./context.ts";

/** What an environment is opened for: to check a change against it, or to work in it. */
export type Purpose = "check" | "work";

export interface Choice {
  /** Folder of the project. */
  directory: string;
  configDirectory: string;
  /** Name of the environment, prefix of its file, or `auto`. */
  environment: string;
  purpose: Purpose;
  variables: NodeJS.ProcessEnv;
}

/**
 * Loads the configuration of the environment that is meant; with `auto`, of the one that `branches` gives for the
 * branch. To check a change, a branch without an environment takes the first one.
 *
 * @returns the configuration, and a sentence about the choice when there was one
 * @throws Refusal `config.*`; with `auto` also when the branch has no environment, or when this run may not deploy it
 */
export async function loadChosen(choice: Choice): Promise<{ config: LoadedConfig; note: string | null }> {
  const { configDirectory, environment, purpose } = choice;
  const files = configFilesOf(choice.directory);
  if (environment !== automaticEnvironment)
    return { config: await loadConfig(configDirectory, environment, files), note: null };
  const occasion = await occasionOf(choice);
  const { config: project, file } = await loadProject(configDirectory, files);
  const given = occasion.branch === null ? null : environmentOfBranch(project.branches, occasion.branch);
  const name = given ?? (purpose === "check" ? firstEnvironment(project.branches) : null);
  if (name === null) throw withoutEnvironment(occasion, file);
  const config = await loadConfig(configDirectory, name, files);
  if (purpose === "work" && !isDeployed(occasion, config)) throw onlyChecked(occasion, config);
  const called = config.environment.environment;
  const note = given
    ? `The environment is ${called}: \`branches\` gives it for ${inWords(occasion)}.`
    : `The environment is ${called}, the first of \`branches\`: ${inWords(occasion)} has none and is only checked.`;
  return { config, note };
}

/** Whether this run may deploy the environment: see `isDeployedBy`. */
export async function isDeployedNow(context: Context): Promise<boolean> {
  return isDeployed(await occasionOf(context), context);
}

function isDeployed(
  occasion: Occasion,
  { project, environment, files }: Pick<LoadedConfig, "project" | "environment" | "files">,
): boolean {
  const names = [environment.environment, prefixOf(files.environment)];
  return isDeployedBy(occasion, project.branches, names, environment.autoDeploy);
}

async function occasionOf({
  directory,
  variables,
}: Pick<Choice, "directory" | "variables">): Promise<Occasion> {
  const { GITHUB_ACTIONS, GITHUB_EVENT_NAME, GITHUB_BASE_REF, GITHUB_REF_TYPE, GITHUB_REF_NAME } = variables;
  if (GITHUB_ACTIONS !== "true")
    return { branch: (await commitOf(directory, { env: variables }))?.branch ?? null, event: null };
  const pushed = GITHUB_REF_TYPE === "tag" ? "" : GITHUB_REF_NAME;
  return { branch: GITHUB_BASE_REF || pushed || null, event: GITHUB_EVENT_NAME ?? "" };
}

const inWords = ({ branch }: Occasion): string =>
  branch === null ? "what is checked out here, which is no branch," : `the branch ${branch}`;

function withoutEnvironment(occasion: Occasion, file: string): Refusal {
  const branch = occasion.branch ?? "<branch>";
  return new Refusal({
    reasonCode: "config.unknown-environment",
    message: `\`auto\` finds no environment: ${inWords(occasion)} has none in \`branches\`.`,
    remedy: `Name the environment, or write \`branches: { "${branch}": <environment> }\`.`,
    location: { file, key: "branches" },
  });
}

/** With a name a person has decided; `auto` has to refuse what a branch must not change by itself. */
function onlyChecked({ event }: Occasion, { environment, files }: LoadedConfig): Refusal {
  const name = environment.environment;
  const isPush = event === "push" || event === "schedule";
  return new Refusal({
    reasonCode: "config.contradiction",
    message: isPush
      ? `\`autoDeploy\` of ${name} is false, so that ${event} does not change it.`
      : `A run by ${event} only checks: \`auto\` does not let it change ${name}.`,
    remedy: isPush
      ? "Start the run by hand (`workflow_dispatch`), or name the environment instead of `auto`."
      : "Leave this step out with `if: steps.plan.outputs.deploys == 'true'`, or name the environment instead of `auto`.",
    location: isPush ? { file: files.environment, key: "autoDeploy" } : undefined,
  });
}
