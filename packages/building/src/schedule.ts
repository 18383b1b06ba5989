import { Refusal } from "@sluice/documents";

export interface Node {
  name: string;
  dependsOn?: readonly string[];
}

/**
 * Runs a task for each node, those it depends on first, at most `concurrency` at once. When a task says false, whatever
 * depends on it is skipped, and everything else goes on.
 *
 * @param skip called instead of `task`, with the dependency that is missing
 * @throws Refusal `config.not-allowed` when the dependencies go in a circle
 */
export async function inOrder<N extends Node>(
  nodes: readonly N[],
  concurrency: number,
  task: (node: N) => Promise<boolean>,
  skip: (node: N, missing: string) => void,
): Promise<void> {
  const known = new Map(nodes.map((node) => [node.name, node]));
  // Services that are not built now are taken as they are.
  const needs = (node: N) => (node.dependsOn ?? []).filter((name) => known.has(name));
  refuseCircle(nodes, needs);

  const outcome = new Map<string, boolean>();
  const waiting = new Set(nodes);
  const running = new Map<string, Promise<void>>();
  const begin = (node: N) =>
    task(node).then((isDone) => {
      outcome.set(node.name, isDone);
      running.delete(node.name);
    });
  try {
    while (waiting.size > 0 || running.size > 0) {
      for (const node of waiting) {
        const missing = needs(node).find((name) => outcome.get(name) === false);
        if (missing !== undefined) {
          waiting.delete(node);
          outcome.set(node.name, false);
          skip(node, missing);
        } else if (
          running.size < Math.max(1, concurrency) &&
          needs(node).every((name) => outcome.get(name))
        ) {
          waiting.delete(node);
          running.set(node.name, begin(node));
        }
      }
      if (running.size > 0) await Promise.race(running.values());
    }
  } finally {
    await Promise.allSettled(running.values());
  }
}

function refuseCircle<N extends Node>(nodes: readonly N[], needs: (node: N) => string[]): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return;
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(" → ");
      throw new Refusal({
        reasonCode: "config.not-allowed",
        message: `The services depend on one another in a circle: ${circle}.`,
        remedy: "Take one of them out of `dependsOn`.",
      });
    }
    for (const next of needs(byName.get(name)!)) visit(next, [...path, name]);
    done.add(name);
  };
  for (const { name } of nodes) visit(name, []);
}
