import type { ProjectConfig } from "@sluice/config";
import { passwordOf } from "@sluice/database";

/**
 * The variables with those of the input `secrets`. What a workflow writes under `env` is nearer to the step and wins;
 * an empty variable, which is what a secret that is not set becomes, counts as none.
 */
export function withSecrets(
  variables: NodeJS.ProcessEnv,
  secrets: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const more = Object.entries(secrets).filter(([name]) => !variables[name]);
  return more.length === 0 ? variables : { ...variables, ...Object.fromEntries(more) };
}

/**
 * Every value that must never be seen: the database URL, its password alone (tools print it without the rest), what
 * the services declare as secret, and what was given as secret.
 */
export function secretValues(
  project: ProjectConfig,
  variables: NodeJS.ProcessEnv,
  given: Readonly<Record<string, string>> = {},
): string[] {
  const names = [project.database?.urlVariable, ...project.services.flatMap((service) => service.secrets)];
  const named = names.flatMap((name) => (name && variables[name]) || []);
  const whole = [...named, ...Object.values(given).filter((value) => value !== "")];
  // A program prints a key of several lines line by line.
  const values = whole
    .flatMap((value) => [value, ...value.split(/\r?\n/).map((line) => line.trim())])
    .filter(Boolean);
  const passwords = values.flatMap((value) => passwordOf(value) ?? []);
  return [...new Set([...values, ...passwords, ...passwords.map(encodeURIComponent)])];
}
