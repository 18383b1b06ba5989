import { Refusal, type RefusalProblem } from "@sluice/documents";
import { allOf, nearest } from "./nearest.ts";

/**
 * The services that are asked for, in the order in which they are given; all when none is named.
 *
 * @throws Refusal `config.unknown-service` with one problem, and the nearest name, for each that does not exist
 */
export function chooseServices<S extends { readonly name: string }>(
  services: readonly S[],
  names: readonly string[] | undefined,
  project: string,
): readonly S[] {
  if (names === undefined || names.length === 0) return services;
  const known = services.map(({ name }) => name);
  const unknown = [...new Set(names)].filter((name) => !known.includes(name));
  const [first, ...rest] = unknown.map((name): RefusalProblem => {
    const meant = nearest(name, known);
    return {
      reasonCode: "config.unknown-service",
      message: `The project ${project} has no service \`${name}\`.`,
      remedy: `${meant ? `Did you mean \`${meant}\`? ` : ""}Its services are ${allOf(known)}.`,
    };
  });
  if (first) throw new Refusal([first, ...rest]);
  return services.filter(({ name }) => names.includes(name));
}
