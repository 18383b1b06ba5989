import type { LoadSummary, Plan, Result } from "@sluice/documents";

export const digest = `sha256:${"3f".repeat(32)}`;

const step = (id: string, action: string, waitSeconds = 0) => ({
  id,
  action,
  waitSeconds,
  service: "orders",
});

export function examplePlan(version: string, from: string | null): Plan {
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

export const build = (version: string): Result["details"] => ({
  stage: "build",
  project: [{ phase: "install", command: "npm ci", exitCode: 0, seconds: 3.1 }],
  seconds: 6.4,
  commit: {
    sha: "9f3c2ab4d1e07766",
    author: "Anna",
    message: "Show the price with tax",
    committedAt: "2026-11-21T14:30:00.000Z",
    branch: "main",
  },
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

export const scan = (): Result["details"] => ({
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

export function migrate(kind: "first" | "good" | "bad"): Result["details"] {
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

export const verify = (version: string): Result["details"] => ({
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

export const loadOf = (seconds: number, startedAt: number, isBad: boolean): LoadSummary => {
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
