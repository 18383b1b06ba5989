import type { VersionSpec } from "@sluice/ports";

/** A version that needs nothing that is really there: its digest follows from its name. */
export const versionSpec = (version: string, overrides: Partial<VersionSpec> = {}): VersionSpec => ({
  version,
  artifact: {
    kind: "archive",
    reference: `/artifacts/${version}.tar`,
    digest: `sha256:${Buffer.from(version).toString("hex").padEnd(64, "0").slice(0, 64)}`,
    tags: [],
  },
  replicas: 1,
  environment: {},
  secrets: [],
  command: ["node", "main.js"],
  healthCheck: {
    path: "/health",
    initialDelaySeconds: 0,
    timeoutSeconds: 1,
    intervalSeconds: 1,
    failureThreshold: 3,
  },
  ...overrides,
});
