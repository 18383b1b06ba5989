/** Upper bounds of the latency buckets, in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Counts requests and their latency, and shows them in the Prometheus text format.
 *
 * @param {string} version the version that this process runs
 */
export function createMetrics(version) {
  /** @type {Map<string, number>} labels → requests */
  const requests = new Map();
  const buckets = new Array(BOUNDS.length).fill(0);
  let count = 0;
  let sum = 0;

  return {
    /** @param {{method: string, route: string, status: number, seconds: number}} request */
    observe({ method, route, status, seconds }) {
      const labels = `method="${method}",route="${route}",status="${status}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      for (let i = BOUNDS.length - 1; i >= 0 && seconds <= BOUNDS[i]; i--) buckets[i]++;
      count++;
      sum += seconds;
    },

    render() {
      return `${[
        "# HELP deployment_version The version that this process runs.",
        "# TYPE deployment_version gauge",
        `deployment_version{version="${version}"} 1`,
        "# HELP http_requests_total Requests answered.",
        "# TYPE http_requests_total counter",
        ...[...requests].map(([labels, value]) => `http_requests_total{${labels}} ${value}`),
        "# HELP http_request_duration_seconds Time from request to answer.",
        "# TYPE http_request_duration_seconds histogram",
        ...BOUNDS.map((bound, i) => `http_request_duration_seconds_bucket{le="${bound}"} ${buckets[i]}`),
        `http_request_duration_seconds_bucket{le="+Inf"} ${count}`,
        `http_request_duration_seconds_sum ${sum}`,
        `http_request_duration_seconds_count ${count}`,
      ].join("\n")}\n`;
    },
  };
}
