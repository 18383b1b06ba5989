import { allOf, nearest, type ServiceSettings } from "@sluice/config";
import { Refusal, type RefusalProblem } from "@sluice/documents";
import type { Context } from "./context.ts";

/**
 * The settings of the services that are asked for, in the order of deployment; all when none is named.
 *
 * @throws Refusal `config.unknown-service` with the nearest name
 */
export function chosenServices(
  context: Context,
  names: readonly string[] | undefined,
): readonly ServiceSettings[] {
  if (!names || names.length === 0) return context.services;
  const known = context.services.map(({ name }) => name);
  const [first, ...rest] = names
    .filter((name) => !known.includes(name))
    .map((name): RefusalProblem => {
      const meant = nearest(name, known);
      return {
        reasonCode: "config.unknown-service",
        message: `The project ${context.project.name} has no service \`${name}\`.`,
        remedy: `${meant ? `Did you mean \`${meant}\`? ` : ""}Its services are ${allOf(known)}.`,
      };
    });
  if (first) throw new Refusal([first, ...rest]);
  return context.services.filter(({ name }) => names.includes(name));
}
