import { join, resolve } from "node:path";
import { Refusal, type Result, type ScanDetails } from "@sluice/documents";
import { type OsvSource, type ScannerName, scan, scannerNames } from "@sluice/scanning";
import type { Context } from "../context.ts";
import { findRelease } from "../release.ts";
import { runStage } from "../stage.ts";

export interface ScanRequest {
  /** Scanners to run; those that are configured when left out. */
  only?: readonly string[];
  /** Commit before the release; its commits are scanned for secrets too. */
  base?: string;
}

/** Scans the tree, the commits of the release and what was built. A scanner that did not run is never clean. */
export function scanStage(context: Context, request: ScanRequest): Promise<Result> {
  return runStage(context, "scan", undefined, async () => {
    const { project, environment } = context;
    const only = scannersOf(context, request.only);
    if (only.length === 0)
      return {
        status: "skipped",
        reasonCode: "scan.skipped",
        summary: "Every scanner is switched off.",
        details: null,
      };
    const release = await findRelease(context);
    const outcome = await scan({
      directory: context.directory,
      ...(isCommit(request.base) ? { commits: { from: request.base, to: "HEAD" } } : {}),
      artifacts: release?.services ?? [],
      ...(release ? { version: release.version } : {}),
      serviceDirectories: Object.fromEntries(project.services.map(({ name, path }) => [name, path])),
      osv: sourceOf(context),
      threshold: project.scan.dependencies.threshold,
      only: release ? only : only.filter((name) => name !== "sbom"),
      outputDirectory: join(context.out, "scan"),
      category: environment.environment,
      salt: project.name,
      clock: context.clock,
      signal: context.signal,
      onProgress: context.onProgress,
    });
    return { ...outcome, summary: summaryOf(outcome.details) };
  });
}

/** GitHub writes zeros for the commit before a branch that is new: there is none then. */
const isCommit = (base: string | undefined): base is string => !!base && !/^0+$/.test(base);

function sourceOf({ project, directory }: Context): OsvSource {
  const { source } = project.scan.dependencies;
  return source === "online" ? { kind: "online" } : { kind: "offline", path: resolve(directory, source) };
}

function scannersOf({ project }: Context, only: readonly string[] | undefined): readonly ScannerName[] {
  const unknown = (only ?? []).filter((name) => !(scannerNames as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `There is no scanner ${unknown.map((name) => `\`${name}\``).join(", ")}.`,
      remedy: `The scanners are ${scannerNames.join(", ")}.`,
    });
  if (only && only.length > 0) return scannerNames.filter((name) => only.includes(name));
  const { secrets, dependencies, sbom } = project.scan;
  const wanted = { secrets, dependencies: dependencies.enabled, sbom };
  return scannerNames.filter((name) => wanted[name]);
}

function summaryOf({ outcome, scanners }: ScanDetails): string {
  const parts = scanners.map(({ scanner, outcome: own, findings }) =>
    own === "findings" || findings.length > 0
      ? `${scanner} ${findings.length} findings`
      : `${scanner} ${own}`,
  );
  return `The scan is ${outcome}: ${parts.join(", ")}.`;
}
