import type { Counters } from "@sluice/documents";

type Latency = Counters["latency"];

const upper = (edge: string) => (edge === "+Inf" ? Number.POSITIVE_INFINITY : Number(edge));

/** Edges of a histogram from the lowest to `+Inf`. */
export const edgesOf = (latency: Latency): string[] =>
  Object.keys(latency).sort((a, b) => upper(a) - upper(b));

/**
 * Quantile of a cumulative histogram by linear interpolation inside its bucket, as `histogram_quantile` of
 * Prometheus computes it: the lowest bucket begins at 0, and above the highest finite edge that edge is the answer.
 *
 * @param quantile 0 to 1
 * @returns seconds; null when there are no requests in it
 */
export function quantileSeconds(latency: Latency, quantile: number): number | null {
  const edges = edgesOf(latency);
  const total = edges.length ? latency[edges.at(-1)!]! : 0;
  if (!(total > 0)) return null;
  const rank = quantile * total;
  let below = 0;
  let start = 0;
  for (const edge of edges) {
    const count = latency[edge]!;
    const end = upper(edge);
    if (count >= rank) {
      if (!Number.isFinite(end)) return start;
      return count === below ? end : start + ((end - start) * (rank - below)) / (count - below);
    }
    below = count;
    if (Number.isFinite(end)) start = end;
  }
  return start;
}

/** Number of requests that took longer than an edge; null when the histogram does not have it. */
export function exceedances(latency: Latency, edge: string): number | null {
  const total = latency["+Inf"];
  const within = latency[edge];
  return total === undefined || within === undefined ? null : Math.max(0, total - within);
}

/** A histogram at the edges that another one has too; all of it where the other one is not there yet. */
export function sharedEdges(latency: Latency, other: Latency): Latency {
  const shared = Object.entries(latency).filter(([edge]) => edge in other);
  return shared.some(([edge]) => edge !== "+Inf") ? Object.fromEntries(shared) : latency;
}

/** Number of edges that are compared. */
const compared = 4;

/** Of the requests slower than one compared edge, at most one in so many is slower than the next: from the median to the tail. */
const thinning = 5;

/**
 * The edges that are worth comparing: the first above the floor that a fair share of the baseline's requests stays
 * under, and from there on those that leave a fifth as many slower requests each, so that a fine histogram is
 * compared in its tail as well as at its median. With an objective, the edge nearest to it takes the place of the last.
 *
 * @returns null as long as the baseline has answered too few requests to choose
 */
export function chooseEdges(
  baseline: Latency,
  floorMilliseconds: number,
  objectiveMilliseconds?: number,
): string[] | null {
  const total = baseline["+Inf"] ?? 0;
  if (total < 100) return null;
  const felt = edgesOf(baseline).filter(
    (edge) => edge !== "+Inf" && Number(edge) * 1000 >= floorMilliseconds,
  );
  const slower = (edge: string) => exceedances(baseline, edge) ?? 0;
  const chosen = thinnedOut(
    felt.filter((edge) => slower(edge) <= 0.75 * total),
    slower,
  );
  if (objectiveMilliseconds === undefined) return chosen;
  const objective = nearestEdge(baseline, objectiveMilliseconds);
  return objective === null || chosen.includes(objective)
    ? chosen
    : [...chosen.slice(0, compared - 1), objective];
}

/** All edges where there are few; otherwise the first, and those after it with a fifth as many slower requests each. */
function thinnedOut(edges: readonly string[], slower: (edge: string) => number): string[] {
  if (edges.length <= compared) return [...edges];
  const chosen: string[] = [];
  let most = Number.POSITIVE_INFINITY;
  for (const edge of edges) {
    if (slower(edge) > most || chosen.length === compared) continue;
    chosen.push(edge);
    most = slower(edge) / thinning;
  }
  return chosen;
}

/** The finite edge that is nearest to a time, on the logarithmic scale that histograms have. */
function nearestEdge(latency: Latency, milliseconds: number): string | null {
  const distance = (edge: string) => Math.abs(Math.log((Number(edge) * 1000) / milliseconds));
  const edges = edgesOf(latency).filter((edge) => edge !== "+Inf" && Number(edge) > 0);
  return edges.length ? edges.reduce((a, b) => (distance(b) < distance(a) ? b : a)) : null;
}
