import { Refusal } from "@sluice/documents";
import { parseEnvironmentConfig, parseProjectConfig } from "../parse.ts";

export const file = ".deploy/production-config.yaml";

/** The problems for which an environment is refused. */
export const environmentProblems = (text: string) =>
  refusalOf(() => parseEnvironmentConfig(text, file)).problems;

/** The problems for which a project is refused. */
export const projectProblems = (text: string) =>
  refusalOf(() => parseProjectConfig(text, ".deploy/project.yaml")).problems;

/** What a call is refused with; fails when it is not. */
export function refusalOf(read: () => unknown): Refusal {
  try {
    read();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
