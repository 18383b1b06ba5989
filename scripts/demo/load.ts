import { Agent, request } from "node:http";

/** One kind of request that customers send. */
export interface Traffic {
  url: string;
  requestsPerSecond: number;
  requests: { method: "GET" | "POST"; path: string; headers?: Record<string, string>; body?: string }[];
}

/** What the customers saw in one second. */
export interface LoadSecond {
  /** Milliseconds since 1970, start of the second. */
  at: number;
  requests: number;
  failed: number;
}

export interface LoadReport {
  startedAt: number;
  finishedAt: number;
  requests: number;
  failed: number;
  /** Failed requests by cause: `HTTP 500`, `ECONNRESET`, `timeout`. */
  causes: Record<string, number>;
  /** Requests and failures by the version that answered, as its header `x-deployment-version` says. */
  versions: Record<
    string,
    { requests: number; failed: number; firstAt: number; lastAt: number; lastFailedAt: number | null }
  >;
  seconds: LoadSecond[];
  /** Number of requests by latency in whole milliseconds; the last entry holds everything slower. */
  latencies: number[];
}

const slowest = 5000;

export interface Load {
  /** What happened so far; a copy. */
  report(): LoadReport;
  /** Goes on for two seconds more, so that what a rollback leaves behind is seen too. */
  settle(): Promise<void>;
  /** Stops sending and waits for what is under way. Safe to call twice. */
  stop(): Promise<LoadReport>;
}

/** Sends traffic at a constant rate until it is stopped, and keeps account of every answer. */
export function startLoad(traffic: readonly Traffic[]): Load {
  const report: LoadReport = {
    startedAt: Date.now(),
    finishedAt: 0,
    requests: 0,
    failed: 0,
    causes: {},
    versions: {},
    seconds: [],
    latencies: new Array<number>(slowest + 1).fill(0),
  };
  const instances = traffic.map((each) => send(each, report));
  return {
    report: () => structuredClone({ ...report, finishedAt: Date.now() }),
    settle: () => new Promise((done) => setTimeout(done, 2000)),
    async stop() {
      for (const instance of instances) instance.stop();
      await Promise.all(instances.map(({ ended }) => ended));
      report.finishedAt ||= Date.now();
      return structuredClone(report);
    },
  };
}

/**
 * Open loop: a request is sent when its time has come, whether earlier ones were answered or not, as customers
 * do. Generators that wait for answers, or send a second's worth at once, hide or make the very delays that are measured.
 */
function send(
  { url, requestsPerSecond, requests }: Traffic,
  report: LoadReport,
): { stop(): void; ended: Promise<void> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const began = performance.now();
  const under = new Set<Promise<void>>();
  let sent = 0;
  let isStopped = false;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * requestsPerSecond);
    while (sent < due && !isStopped) {
      const one = ask(url, requests[sent++ % requests.length]!, agent)
        .then((answer) => count(report, answer))
        .finally(() => under.delete(one));
      under.add(one);
    }
  }, 4);
  return {
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
    get ended() {
      return Promise.all(under).then(() => agent.destroy());
    },
  };
}

interface Answer {
  version: string;
  /** Why the request counts as failed; null when it was answered well. */
  failure: string | null;
  milliseconds: number;
}

function ask(
  base: string,
  { method, path, headers, body }: Traffic["requests"][number],
  agent: Agent,
): Promise<Answer> {
  return new Promise((done) => {
    const began = performance.now();
    const end = (version: string, failure: string | null): void =>
      done({ version, failure, milliseconds: performance.now() - began });
    const outgoing = request(new URL(path, base), { method, headers, agent, timeout: 5000 }, (incoming) => {
      const version = String(incoming.headers["x-deployment-version"] ?? "unknown");
      const status = incoming.statusCode ?? 0;
      incoming.on("error", (error) => end(version, codeOf(error)));
      incoming.on("end", () => end(version, status >= 500 ? `HTTP ${status}` : null));
      incoming.resume();
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", (error) => end("none", codeOf(error)));
    outgoing.end(body);
  });
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;

function count(report: LoadReport, { version, failure, milliseconds }: Answer): void {
  const now = Date.now();
  report.requests++;
  report.latencies[Math.min(slowest, Math.round(milliseconds))]!++;
  report.versions[version] ??= { requests: 0, failed: 0, firstAt: now, lastAt: now, lastFailedAt: null };
  const entry = report.versions[version];
  entry.requests++;
  entry.lastAt = now;
  const second = now - (now % 1000);
  if (report.seconds.at(-1)?.at !== second) report.seconds.push({ at: second, requests: 0, failed: 0 });
  const bucket = report.seconds.at(-1)!;
  bucket.requests++;
  if (failure === null) return;
  report.failed++;
  report.causes[failure] = (report.causes[failure] ?? 0) + 1;
  entry.failed++;
  entry.lastFailedAt = now;
  bucket.failed++;
}
