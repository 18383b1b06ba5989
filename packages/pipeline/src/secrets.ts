import type { ProjectConfig } from "@sluice/config";
import { passwordOf } from "@sluice/database";

/**
 * Every value that must never be seen: the database URL, its password alone (tools print it without the rest), and
 * what the services declare as secret.
 */
export function secretValues(project: ProjectConfig, variables: NodeJS.ProcessEnv): string[] {
  const names = [project.database?.urlVariable, ...project.services.flatMap((service) => service.secrets)];
  const values = names.flatMap((name) => (name && variables[name]) || []);
  const passwords = values.flatMap((value) => passwordOf(value) ?? []);
  return [...new Set([...values, ...passwords, ...passwords.map(decodeURIComponent)])];
}
