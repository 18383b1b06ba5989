import type {
  Counters,
  Event,
  EventKind,
  EventOf,
  LoadSummary,
  Plan,
  Result,
  StageName,
  Status,
} from "@sluice/documents";
import type { ReportInput, RunInput } from "../report.ts";

/** Numbers between 0 and 1 that look random and are the same every time (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const EDGES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const digest = `sha256:${"3f".repeat(32)}`;
const noon = Date.parse("2026-03-04T12:00:00.000Z");

/** Counters of a version that answers `rate` requests per second. */
class Version {
  requests = 0;
  errors = 0;
  private readonly buckets: number[] = EDGES.map(() => 0);
  private readonly random: () => number;
  private readonly errorRatio: number;
  private readonly median: number;

  constructor(seed: number, errorRatio: number, medianSeconds: number) {
    this.random = dice(seed);
    this.errorRatio = errorRatio;
    this.median = medianSeconds;
  }

  serve(rate: number): void {
    for (let i = 0; i < rate; i++) {
      this.requests++;
      if (this.random() < this.errorRatio) this.errors++;
      const normal = Math.sqrt(-2 * Math.log(this.random() + 1e-12)) * Math.cos(2 * Math.PI * this.random());
      const seconds = this.median * Math.exp(0.6 * normal);
      EDGES.forEach((edge, index) => {
        if (seconds <= edge) this.buckets[index]!++;
      });
    }
  }

  get counters(): Counters {
    const latency = Object.fromEntries(EDGES.map((edge, index) => [String(edge), this.buckets[index]!]));
    return { requests: this.requests, errors: this.errors, latency: { ...latency, "+Inf": this.requests } };
  }
}

/** Builds the journal and the results of three releases, one after the other. */
export class ExampleHistory {
  readonly events: Event[] = [];
  readonly runs: RunInput[] = [];
  private now = noon;

  private write<K extends EventKind>(run: string, type: K, data: EventOf<K>["data"], service?: string): void {
    this.events.push({
      schema: "sluice/event/v1",
      sequence: this.events.length + 1,
      at: new Date(this.now).toISOString(),
      run,
      environment: "demo",
      ...(service ? { service } : {}),
      type,
      data,
    } as Event);
  }

  private stage(
    run: string,
    stage: StageName,
    seconds: number,
    status: Status,
    summary: string,
    details: Result["details"],
  ): Result {
    const startedAt = new Date(this.now).toISOString();
    this.write(run, "stage.started", { stage });
    this.now += seconds * 1000;
    return this.endStage(run, stage, startedAt, status, summary, details);
  }

  private endStage(
    run: string,
    stage: StageName,
    startedAt: string,
    status: Status,
    summary: string,
    details: Result["details"],
  ): Result {
    const seconds = (this.now - Date.parse(startedAt)) / 1000;
    const reasonCode = status === "succeeded" ? "run.succeeded" : "deploy.rolled-back";
    this.write(run, "stage.finished", { stage, status, reasonCode, seconds, summary });
    const finishedAt = new Date(this.now).toISOString();
    return {
      schema: "sluice/result/v1",
      stage,
      environment: "demo",
      status,
      reasonCode,
      summary,
      startedAt,
      finishedAt,
      problems: [],
      details,
    };
  }

  /** One release from build to verify. A regression is found and rolled back. */
  release(version: string, from: string | null, kind: "first" | "good" | "bad", title: string): this {
    const run = `demo-${version}`;
    const started = this.now;
    this.write(run, "run.started", {
      version,
      commit: "9f3c2ab4d1e0",
      committedAt: new Date(this.now - 900_000).toISOString(),
      actor: "anna",
      planHash: digest,
    });
    this.write(run, "lock.acquired", {
      owner: "anna@laptop, process 4242",
      fencing: this.runs.length + 1,
      expiresAt: new Date(this.now + 120_000).toISOString(),
    });
    const plan = examplePlan(version, from);
    const results: Result[] = [
      this.stage(run, "plan", 0.2, "succeeded", "4 stages, 24 s of deliberate waits", {
        stage: "plan",
        plan,
        planHash: digest,
      }),
      this.stage(
        run,
        "build",
        6.4,
        "succeeded",
        "3 services built, 58 tests passed, coverage 86 %",
        build(version),
      ),
      this.stage(run, "scan", 2.1, "succeeded", "3 of 3 scanners ran and found nothing", scan()),
      this.stage(
        run,
        "migrate",
        1.3,
        "succeeded",
        kind === "good" ? "1 migration applied" : "nothing to apply",
        migrate(kind),
      ),
    ];
    const deployStarted = new Date(this.now).toISOString();
    this.write(run, "stage.started", { stage: "deploy" });
    this.rollout(run, version, from, kind, "orders");
    if (kind === "good") this.rollout(run, version, from, kind, "catalog");
    const isBad = kind === "bad";
    const summary = isBad ? `orders went back to ${from}` : `orders serves ${version}`;
    results.push(
      this.endStage(run, "deploy", deployStarted, isBad ? "rolled_back" : "succeeded", summary, null),
    );
    results.push(
      this.stage(run, "verify", 1.8, "succeeded", "5 of 5 checks passed", verify(isBad ? from! : version)),
    );
    this.write(run, "lock.released", { owner: "anna@laptop, process 4242", fencing: this.runs.length + 1 });
    this.write(
      run,
      "run.finished",
      isBad
        ? {
            status: "rolled_back",
            reasonCode: "run.rolled-back",
            summary: `${version} was worse than ${from}`,
          }
        : { status: "succeeded", reasonCode: "run.succeeded", summary: `${version} serves all traffic` },
    );
    const load = from === null ? null : loadOf((this.now - started) / 1000, started, isBad);
    this.runs.push({ run, title, plan, results, load });
    this.now += 4_000;
    return this;
  }

  private rollout(
    run: string,
    version: string,
    from: string | null,
    kind: "first" | "good" | "bad",
    service: string,
  ): void {
    const strategy = from === null ? "rolling" : "canary";
    this.write(run, "rollout.started", { from, to: version, strategy, resumed: false }, service);
    this.now += 2_100;
    if (from === null) this.write(run, "rollout.weights", { step: 0, weights: { [version]: 100 } }, service);
    else if (this.canary(run, version, from, kind === "bad", service)) return;
    this.now += 1_000;
    const summary = `${version} serves all traffic`;
    this.write(
      run,
      "rollout.finished",
      { status: "succeeded", reasonCode: "deploy.promoted", version, summary, unanswered: 0 },
      service,
    );
  }

  /** @returns whether it was rolled back */
  private canary(run: string, version: string, from: string, isBad: boolean, service: string): boolean {
    const baseline = new Version(version.length + 11 + service.length, 0.004, 0.018);
    const canary = new Version(
      version.length + 77 + service.length,
      isBad ? 0.031 : 0.004,
      isBad ? 0.034 : 0.018,
    );
    for (let i = 0; i < 60; i++) baseline.serve(250);
    const start = this.now;
    const history = baseline.counters;
    const seen = () => ({
      requests: baseline.requests - history.requests,
      errors: baseline.errors - history.errors,
    });
    let eValue = 1;
    for (const [step, weight] of [5, 25, 50, 100].entries()) {
      this.write(
        run,
        "rollout.weights",
        { step, weights: { [version]: weight, [from]: 100 - weight } },
        service,
      );
      for (let second = 0; second < 14; second++) {
        this.now += 1_000;
        canary.serve(Math.round(2.5 * weight));
        baseline.serve(Math.round(2.5 * (100 - weight)));
        const t = (this.now - start) / 1000;
        this.write(
          run,
          "rollout.sample",
          { t, weight, canary: canary.counters, baseline: baseline.counters },
          service,
        );
        const excess = canary.errors - (0.006 * canary.requests + 1);
        eValue = Math.max(0.05, isBad ? Math.exp(Math.max(-2, excess * 0.45)) : Math.exp(-t / 18));
        const isWorse = eValue >= 100;
        const isDone = weight === 100 && second === 5;
        const ratio =
          canary.errors /
          Math.max(canary.requests, 1) /
          Math.max(seen().errors / Math.max(seen().requests, 1), 0.0001);
        this.write(
          run,
          "rollout.verdict",
          {
            t,
            verdict: isWorse ? "rollback" : isDone ? "promote" : canary.requests < 40 ? "hold" : "continue",
            reasonCode: isWorse ? "judge.worse" : isDone ? "judge.not-worse" : "judge.healthy-so-far",
            sentence: isWorse
              ? `${version} fails ${(ratio).toFixed(1)} times as often as ${from}: ${canary.errors} of ${canary.requests} requests against ${seen().errors} of ${seen().requests}.`
              : isDone
                ? `${version} is not harmfully worse than ${from} after ${canary.requests} requests.`
                : `Nothing speaks against ${version} so far.`,
            evidence: {
              canary: { requests: canary.requests, errors: canary.errors, p99: isBad ? 162 : 84 },
              baseline: { ...seen(), p99: 83 },
              metrics: [
                {
                  metric: "error_ratio",
                  eValue,
                  p: Math.min(1, 1 / eValue),
                  ratio: { estimate: ratio, low: ratio * 0.4, high: ratio * 2.1 },
                },
                {
                  metric: "latency_p99",
                  eValue: isBad ? eValue ** 0.6 : Math.exp(-t / 25),
                  p: 0.4,
                  ratio: null,
                },
              ],
              guards: [
                {
                  condition: "error_rate > 5%",
                  band: "rollback",
                  value: (100 * canary.errors) / Math.max(canary.requests, 1),
                  isBreached: false,
                  breachesInARow: 0,
                },
                {
                  condition: "latency_p99 > 1000ms",
                  band: "rollback",
                  value: isBad ? 162 : 84,
                  isBreached: false,
                  breachesInARow: 0,
                },
              ],
              eValue,
              p: Math.min(1, 1 / eValue),
              promotionEValue: isBad ? Math.exp(-t / 6) : Math.exp(t / 15),
              decidedBy: isWorse ? "error_ratio" : null,
              alpha: 0.01,
              beta: 0.05,
            },
          },
          service,
        );
        if (isDone) return false;
        if (!isWorse) continue;
        this.now += 300;
        this.write(run, "rollout.weights", { step, weights: { [from]: 100 } }, service);
        this.now += 2_000;
        this.write(
          run,
          "rollout.finished",
          {
            status: "rolled_back",
            reasonCode: "deploy.rolled-back",
            version: from,
            summary: `all traffic is on ${from} again`,
            unanswered: 0,
          },
          service,
        );
        return true;
      }
    }
    return false;
  }

  input(changes: Partial<ReportInput> = {}): ReportInput {
    return {
      project: "shop",
      environment: "demo",
      now: this.now,
      events: this.events,
      runs: this.runs,
      ...changes,
    };
  }
}

/** A first deployment, a good canary and a bad one. */
export const threeReleases = (): ExampleHistory =>
  new ExampleHistory()
    .release("1.0.0", null, "first", "Release 1: the first deployment")
    .release("2.0.0", "1.0.0", "good", "Release 2: a new feature, with a migration")
    .release("3.0.0", "2.0.0", "bad", "Release 3: a regression");

const step = (id: string, action: string, waitSeconds = 0) => ({
  id,
  action,
  waitSeconds,
  service: "orders",
});

function examplePlan(version: string, from: string | null): Plan {
  return {
    schema: "sluice/plan/v1",
    project: "shop",
    target: "local",
    environment: "demo",
    release: { version, commit: "9f3c2ab4d1e0" },
    configDigest: digest,
    services: [
      {
        name: "orders",
        tier: "core",
        strategy: "canary",
        replicas: 2,
        running: from === null ? null : { version: from },
      },
    ],
    stages: [
      { stage: "build", steps: [step("build/orders", `build orders ${version}`)], waitSeconds: 0 },
      {
        stage: "deploy",
        waitSeconds: 24,
        steps: [5, 25, 50, 100].map((weight) =>
          step(`deploy/orders/weight-${weight}`, `route ${weight} % of orders to ${version}`, 6),
        ),
      },
      { stage: "watch", skipped: "the environment has no watch", steps: [], waitSeconds: 0 },
    ],
    approvals: [],
    duration: { waitSeconds: 24, limitSeconds: 3600 },
    rollback: from === null ? [] : [step("rollback/orders/traffic", `route all of orders to ${from}`)],
    warnings: [],
  };
}

const build = (version: string): Result["details"] => ({
  stage: "build",
  project: [{ phase: "install", command: "npm ci", exitCode: 0, seconds: 3.1 }],
  seconds: 6.4,
  commit: { sha: "9f3c2ab4d1e07766", author: "Anna", message: "Show the price with tax", branch: "main" },
  services: ["catalog", "orders", "web"].map((name, index) => ({
    name,
    status: "succeeded",
    image: null,
    artifact: {
      kind: "archive",
      reference: `out/${name}-${version}.tar.gz`,
      digest,
      tags: [version],
      bytes: 48_200 + 9_000 * index,
    },
    seconds: 2.1 + index,
    commands: [{ phase: "test", command: "npm test", exitCode: 0, seconds: 1.4 }],
    tests: { passed: 18 + index, failed: 0, skipped: 0, seconds: 1.2, failures: [] },
    coverage: { linesPercent: 86.4 + index, thresholdPercent: 80 },
  })),
});

const scan = (): Result["details"] => ({
  stage: "scan",
  outcome: "clean",
  threshold: "high",
  scanners: [
    {
      scanner: "secrets",
      outcome: "clean",
      message: "214 files and 1 commit looked at",
      findings: [],
      suppressed: [],
      notes: [],
      seconds: 0.6,
    },
    {
      scanner: "dependencies",
      outcome: "clean",
      message: "31 packages against OSV records of 2026-03-01",
      findings: [],
      suppressed: [],
      notes: [],
      seconds: 0.4,
    },
    {
      scanner: "images",
      outcome: "skipped",
      message: "no image was built: the local target runs archives",
      findings: [],
      suppressed: [],
      notes: [],
      seconds: 0,
    },
  ],
  files: { sarif: "out/scan.sarif", sboms: [{ service: "orders", path: "out/orders.cdx.json" }] },
});

function migrate(kind: "first" | "good" | "bad"): Result["details"] {
  const schema = (version: string, columns: number) => ({
    version,
    applied: Number(version),
    tables: [
      { name: "orders", columns, rows: 1204 },
      { name: "items", columns: 5, rows: 3310 },
    ],
    fingerprint: `sha256:${version}`,
  });
  const before = schema(kind === "bad" ? "3" : "2", kind === "bad" ? 8 : 7);
  return {
    stage: "migrate",
    database: "postgresql://127.0.0.1:5433/shop",
    validation: kind === "good" ? [{ name: "rows", passed: true, message: "no table has lost rows" }] : [],
    before,
    after: kind === "good" ? schema("3", 8) : before,
    backup:
      kind === "good"
        ? {
            reference: "backups/before-3.sql.gz",
            bytes: 41_233,
            digest,
            kind: "pg_dump",
            tables: 2,
            rows: null,
            seconds: 0.4,
          }
        : null,
    migrations: [
      {
        version: "1",
        name: "orders",
        file: "V1__orders.sql",
        phase: "expand" as const,
        isTransactional: true,
        checksum: digest,
        outcome: "already-applied",
        statements: 2,
        seconds: 0,
      },
      {
        version: "2",
        name: "items",
        file: "V2__items.sql",
        phase: "expand" as const,
        isTransactional: true,
        checksum: digest,
        outcome: "already-applied",
        statements: 3,
        seconds: 0,
      },
      ...(kind === "first"
        ? []
        : [
            {
              version: "3",
              name: "tax",
              file: "V3__tax.sql",
              phase: "expand" as const,
              isTransactional: true,
              checksum: digest,
              outcome: kind === "good" ? ("applied" as const) : ("already-applied" as const),
              statements: 1,
              seconds: 0.04,
            },
          ]),
    ],
  };
}

const verify = (version: string): Result["details"] => ({
  stage: "verify",
  checks: [
    {
      name: "orders: health",
      kind: "health",
      service: "orders",
      passed: true,
      attempts: 2,
      seconds: 0.8,
      message: "status 200 in 4 ms",
    },
    {
      name: "orders: version",
      kind: "version",
      service: "orders",
      passed: true,
      attempts: 1,
      seconds: 0.1,
      message: `serves ${version}, as expected`,
    },
    {
      name: 'shop: smoke "place an order"',
      kind: "smoke",
      passed: true,
      attempts: 1,
      seconds: 0.2,
      message: "status 201, the order can be read again",
    },
    {
      name: "orders: metrics",
      kind: "metrics",
      service: "orders",
      passed: true,
      attempts: 1,
      seconds: 0.1,
      message: `deployment_version is ${version}`,
    },
    {
      name: "database",
      kind: "database",
      passed: true,
      attempts: 1,
      seconds: 0.1,
      message: "reachable, version 3",
    },
  ],
});

const loadOf = (seconds: number, startedAt: number, isBad: boolean): LoadSummary => {
  const sent = Math.round(seconds * 250);
  const failed = isBad ? 87 : 0;
  return {
    target: "http://127.0.0.1:8080",
    startedAt: new Date(startedAt).toISOString(),
    seconds,
    sent,
    succeeded: sent - failed,
    failures: isBad
      ? [
          { cause: "status 500", count: 85 },
          { cause: "timeout", count: 2 },
        ]
      : [],
    latency: { p50: 18.4, p99: isBad ? 131 : 84, max: 412 },
  };
};
