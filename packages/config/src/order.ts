import type { Service } from "./schema/project.ts";

export const tiers = ["core", "supporting", "ui"] as const;

/**
 * Services in the order in which they are built and deployed: core, supporting, ui; within a tier what
 * others depend on first, otherwise as the project lists them. Expects a project without cycles.
 */
export function deploymentOrder<S extends Pick<Service, "name" | "tier" | "dependsOn">>(
  services: readonly S[],
): S[] {
  const ordered: S[] = [];
  const visited = new Set<string>();
  const place = (service: S, tier: S["tier"]): void => {
    if (visited.has(service.name)) return;
    visited.add(service.name);
    for (const needed of service.dependsOn) {
      const dependency = services.find(({ name }) => name === needed);
      if (dependency?.tier === tier) place(dependency, tier);
    }
    ordered.push(service);
  };
  for (const tier of tiers) for (const service of services) if (service.tier === tier) place(service, tier);
  return ordered;
}

/** One cycle of `dependsOn` as the names along it, the first again at the end; null when there is none. */
export function dependencyCycle(services: readonly Pick<Service, "name" | "dependsOn">[]): string[] | null {
  const done = new Set<string>();
  const follow = (name: string, trail: readonly string[]): string[] | null => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return null;
    const service = services.find((each) => each.name === name);
    for (const needed of service?.dependsOn ?? []) {
      const cycle = follow(needed, [...trail, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const { name } of services) {
    const cycle = follow(name, []);
    if (cycle) return cycle;
  }
  return null;
}
