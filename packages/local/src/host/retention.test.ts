import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VersionSpec } from "@sluice/ports";
import { expect, onTestFinished, test } from "vitest";
import { pathsIn } from "../paths.ts";
import { removeStrayFiles } from "./retention.ts";
import { emptyService, type HostState } from "./state.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const spec = (version: string, letter: string): VersionSpec => ({
  version,
  artifact: { kind: "archive", reference: "", digest: digest(letter), tags: [] },
  replicas: 1,
  environment: {},
  secrets: [],
  command: ["true"],
  healthCheck: {
    path: "/health",
    initialDelaySeconds: 0,
    timeoutSeconds: 1,
    intervalSeconds: 1,
    failureThreshold: 1,
  },
});
const state: HostState = {
  schema: "sluice/local-state/v1",
  services: {
    orders: {
      ...emptyService,
      versions: { "2.0.0": { spec: spec("2.0.0", "b"), isLeaving: false, replicas: [] } },
      history: [{ revision: 1, spec: spec("1.0.0", "a"), stableSince: 0 }],
    },
  },
};

test("artifacts that nothing runs and nothing can go back to are removed, when they are an hour old (R164)", () => {
  const root = mkdtempSync(join(tmpdir(), "sluice-retention-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const paths = pathsIn(root);
  for (const folder of [paths.artifacts, paths.replicas, paths.logs]) mkdirSync(folder);
  for (const letter of ["a", "b", "c"]) {
    mkdirSync(join(paths.artifacts, digest(letter).replace(":", "-")));
    writeFileSync(join(paths.artifacts, digest(letter).replace(":", "-"), "server.js"), "");
  }
  writeFileSync(join(paths.logs, "gone.log"), "");
  const names = () => readdirSync(paths.artifacts).map((name) => name.at(-1));

  removeStrayFiles(paths, state);
  expect(names()).toEqual(["a", "b", "c"]);
  removeStrayFiles(paths, state, Date.now() + 3_601_000);
  expect(names()).toEqual(["a", "b"]);
  expect(existsSync(join(paths.logs, "gone.log"))).toBe(false);
});
