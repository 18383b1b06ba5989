import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { type Finding, type Problem, Refusal, type ScannerReport } from "@sluice/documents";
import { type Inventory, lockFileKind, readLockFile } from "@sluice/inventory";
import { bySeverity, lineHashes, type SarifInput, sarifLog } from "@sluice/sarif";
import { lookUpOffline } from "./dependencies/offline.ts";
import { lookUpOnline } from "./dependencies/online.ts";
import { scanDependencies } from "./dependencies/scan-dependencies.ts";
import type { Lookup } from "./dependencies/source.ts";
import { walk } from "./files.ts";
import { workTreeFiles } from "./git.ts";
import { isAtLeast, overallOutcome, scannerOutcome, statusOf } from "./outcome.ts";
import type { ScannerName, ScanRequest, ScanResult } from "./request.ts";
import { writeSboms } from "./sbom.ts";
import { scanSecrets } from "./secrets/scan-secrets.ts";
import { applyIgnoreList, loadIgnoreList } from "./suppress.ts";
import { writeWhole } from "./write.ts";

/** What one scanner brings back; `failed` when it could not do its work. */
interface Work {
  findings: readonly Finding[];
  suppressed?: ScannerReport["suppressed"];
  problems?: readonly Problem[];
  notes: readonly string[];
  message: string;
  failed?: boolean;
  /** Something was not looked at that could hold a finding. */
  leftOut?: boolean;
  rules?: SarifInput["rules"];
}

/**
 * Runs the scanners and writes one SARIF file and the SBOMs. A scanner that cannot do its work has the outcome
 * `error` and does not stop the others; one that did not run is `skipped`; neither is ever clean.
 *
 * @throws the reason of `signal` when it is aborted
 * @throws Refusal `scan.output-unwritable` when the output cannot be written
 */
export async function scan(request: ScanRequest): Promise<ScanResult> {
  const { directory, threshold, clock, signal, outputDirectory } = request;
  const names = request.only ?? (request.artifacts.length > 0 ? all : all.filter((name) => name !== "sbom"));
  const toolVersion = request.toolVersion ?? "0.0.0";
  const say = (text: string) => request.onProgress?.({ type: "message", text });
  const ignoreList = loadIgnoreList(directory);
  const problems: Problem[] = [...ignoreList.problems];
  const reports: ScannerReport[] = [];
  const sarif: SarifInput[] = [];
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  await mkdir(outputDirectory, { recursive: true });

  const files =
    (await workTreeFiles({ cwd: directory, ...(signal && { signal }) }).catch(asRefusal)) ?? walk(directory);
  const lock = files instanceof Refusal ? null : readLockFiles(request, files);
  const sboms: { service: string; path: string }[] = [];

  const scanners: Record<ScannerName, () => Promise<Work>> = {
    secrets: () => secrets(request, files),
    dependencies: () => dependencies(request, files, lock),
    sbom: async () => {
      if (files instanceof Refusal) throw files;
      if (request.artifacts.length === 0) return skipped("The release has no artifacts.");
      const { inventories, failures } = lock!;
      const written = await writeSboms({
        artifacts: request.artifacts,
        version: request.version ?? "0.0.0",
        serviceDirectories: request.serviceDirectories ?? {},
        inventories,
        outputDirectory,
        toolVersion,
      });
      sboms.push(...written.files);
      return {
        findings: [],
        notes: written.notes,
        problems: failures,
        failed: failures.length > 0,
        message:
          failures[0]?.message ??
          `${written.files.length} ${written.files.length === 1 ? "SBOM was" : "SBOMs were"} written.`,
      };
    },
  };

  for (const name of names) {
    signal?.throwIfAborted();
    const began = clock.now();
    say(`${name}: scanning`);
    const work = await scanners[name]().catch((error): Work => {
      signal?.throwIfAborted();
      // A full disk ends the whole scan: without its report there is no result.
      if (!(error instanceof Refusal) || error.reasonCode === "scan.output-unwritable") throw error;
      return {
        findings: [],
        notes: [],
        message: error.problems[0].message,
        problems: error.problems,
        failed: true,
      };
    });
    const { kept, suppressed, problems: expired } = applyIgnoreList(work.findings, ignoreList.rules, today);
    const report: ScannerReport = {
      scanner: name,
      outcome: scannerOutcome(
        { failed: work.failed ?? false, leftOut: work.leftOut ?? false },
        kept,
        threshold,
      ),
      message: work.message,
      findings: kept.toSorted(bySeverity),
      suppressed: [...(work.suppressed ?? []), ...suppressed],
      notes: [...work.notes],
      seconds: (clock.now() - began) / 1000,
    };
    reports.push(report);
    problems.push(...(work.problems ?? []), ...expired, ...findingProblems(report, threshold));
    sarif.push({
      ...report,
      isSuccessful: report.outcome !== "error" && report.outcome !== "skipped",
      ...(work.rules && { rules: work.rules }),
      lineHashes: name === "secrets" ? new Map() : hashesOf(report.findings, directory),
    });
    say(`${name}: ${report.outcome} (${report.message})`);
  }

  const sarifPath = join(outputDirectory, "scan.sarif");
  const log = sarifLog(sarif, {
    version: toolVersion,
    ...(request.category && { category: request.category }),
  });
  writeWhole(sarifPath, `${JSON.stringify(log, null, 1)}\n`);
  const outcome = overallOutcome(reports.map((report) => report.outcome));
  return {
    details: { stage: "scan", outcome, threshold, scanners: reports, files: { sarif: sarifPath, sboms } },
    ...statusOf(outcome),
    problems,
  };
}

const all: readonly ScannerName[] = ["secrets", "dependencies", "sbom"];

const skipped = (message: string): Work => ({ findings: [], notes: [], message, leftOut: true });

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

async function secrets(request: ScanRequest, files: readonly string[] | Refusal): Promise<Work> {
  if (files instanceof Refusal) throw files;
  const { directory, commits, signal } = request;
  const output = relative(resolve(directory), resolve(request.outputDirectory)).split(sep).join("/");
  const report = await scanSecrets({
    directory,
    // What an earlier scan wrote is about the files, and is not one of them.
    files: files.filter((file) => output.startsWith("..") || output === "" || !file.startsWith(`${output}/`)),
    commits: commits ?? null,
    salt: request.salt ?? basename(resolve(directory)),
    budgetSeconds: request.secretBudgetSeconds ?? 120,
    ...(signal && { signal }),
  });
  const incomplete: Problem = {
    severity: "error",
    reasonCode: "scan.incomplete",
    message: `The search for secrets is not complete. ${report.notes.at(-1)}`,
    remedy: "Give it more time, or leave generated files out of the repository.",
  };
  return {
    findings: report.findings,
    suppressed: report.suppressed,
    problems: [...report.problems, ...(report.isComplete ? [] : [incomplete])],
    notes: report.notes,
    message: `Looked for secrets in ${report.summary}.`,
    failed: !report.isComplete,
    rules: report.rules,
  };
}

interface LockFiles {
  inventories: Inventory[];
  failures: Problem[];
  /** Known by name, but not readable. */
  unreadable: string[];
}

function readLockFiles(request: ScanRequest, files: readonly string[]): LockFiles {
  const isFixture = (file: string) => /(?:^|\/)(?:node_modules|fixtures|testdata|__fixtures__)\//.test(file);
  const found = request.lockfiles ?? files.filter((file) => lockFileKind(file) !== null && !isFixture(file));
  const result: LockFiles = { inventories: [], failures: [], unreadable: [] };
  for (const file of found) {
    const path = join(request.directory, file);
    if (lockFileKind(file) !== "readable") result.unreadable.push(file);
    else if (existsSync(path)) {
      try {
        result.inventories.push(readLockFile(file, readFileSync(path, "utf8")));
      } catch (error) {
        result.failures.push(...asRefusal(error).problems);
      }
    } else {
      result.failures.push({
        severity: "error",
        reasonCode: "scan.lockfile-invalid",
        message: "There is no such lock file.",
        remedy: "Name lock files relative to the directory that is scanned.",
        location: { file },
      });
    }
  }
  return result;
}

async function dependencies(
  request: ScanRequest,
  files: readonly string[] | Refusal,
  lock: LockFiles | null,
): Promise<Work> {
  if (files instanceof Refusal) throw files;
  const { osv, clock, signal } = request;
  if (osv.kind === "none") return skipped("No source of vulnerabilities is configured.");
  const { inventories, failures, unreadable } = lock!;
  const notes = unreadable.map(
    (file) => `${file} is a lock file of a kind that cannot be read yet: its packages were not looked up.`,
  );
  if (inventories.length === 0) {
    const message = failures[0]?.message ?? (unreadable.length > 0 ? notes[0]! : "There is no lock file.");
    return { ...skipped(message), notes, problems: failures, failed: failures.length > 0 };
  }
  const lookUp: Lookup = (packages, stop) =>
    osv.kind === "offline"
      ? lookUpOffline(packages, osv.path, stop)
      : lookUpOnline(packages, { clock, ...(osv.url && { url: osv.url }), ...(stop && { signal: stop }) });
  const report = await scanDependencies(inventories, lookUp, signal);
  return {
    findings: report.findings,
    problems: failures,
    notes: [...notes, ...report.notes],
    message: failures[0]?.message ?? `Compared ${report.summary}.`,
    failed: failures.length > 0,
    leftOut: unreadable.length > 0,
    rules: report.rules,
  };
}

/** Hashes of the lines that findings point at, by fingerprint. */
function hashesOf(findings: readonly Finding[], directory: string): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const [file, found] of Map.groupBy(findings, ({ location }) => location?.file)) {
    const path = file && join(directory, file);
    if (!path || !existsSync(path)) continue;
    const byLine = lineHashes(
      readFileSync(path, "utf8"),
      found.map(({ location }) => location?.line ?? 1),
    );
    for (const { fingerprint, location } of found) {
      const hash = byLine.get(location?.line ?? 1);
      if (hash) hashes.set(fingerprint, hash);
    }
  }
  return hashes;
}

const findingProblems = (report: ScannerReport, threshold: ScanRequest["threshold"]): Problem[] =>
  report.findings.map((finding) => ({
    severity: isAtLeast(finding.severity, threshold) ? "error" : "warning",
    reasonCode: "scan.findings",
    message: `${finding.severity}: ${finding.message}`,
    ...(finding.remedy && { remedy: finding.remedy }),
    ...(finding.location && { location: finding.location }),
  }));
