import { createHash } from "node:crypto";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type SecretFinding, type SecretScan, SecretScanner } from "@sluice/detect";
import type { Finding, Problem, SuppressedFinding } from "@sluice/documents";
import { readAddedText } from "../git.ts";
import { largestFileBytes, readContent } from "./content.ts";

export interface SecretRequest {
  directory: string;
  /** Files to look at, relative to the directory. */
  files: readonly string[];
  /** Commits of the release; `from` null means from the beginning. */
  commits: { from: string | null; to: string } | null;
  /** Key of the fingerprints. */
  salt: string;
  /** When this is over, the rest is left out and the scan is an error. */
  budgetSeconds: number;
  signal?: AbortSignal;
}

export interface SecretReport {
  findings: Finding[];
  suppressed: SuppressedFinding[];
  problems: Problem[];
  notes: string[];
  /** What was looked at, in words. */
  summary: string;
  isComplete: boolean;
  /** Titles of the rules that found something. */
  rules: Map<string, { title: string; help: string }>;
}

/**
 * Looks for secrets in files and in what commits added.
 *
 * @throws Refusal `scan.git-failed` when the commits cannot be read
 */
export async function scanSecrets(request: SecretRequest): Promise<SecretReport> {
  const { directory, files, commits, salt, signal } = request;
  const deadline = performance.now() + request.budgetSeconds * 1000;
  const isTimeUp = () => performance.now() > deadline;
  const scanner = new SecretScanner();
  const report = new Collector();
  let bytes = 0;
  let texts = 0;
  const binaries: string[] = [];
  for (const [index, file] of files.entries()) {
    if (index % 64 === 0) {
      await setImmediate(); // so that a cancel is heard
      signal?.throwIfAborted();
    }
    if (isTimeUp()) {
      report.leaveOut(`${files.length - index} files from ${file} on`);
      break;
    }
    const content = readContent(join(directory, file));
    if (content.kind === "binary") binaries.push(file);
    else if (content.kind === "large") {
      report.notes.push(
        `${file} was not looked at: ${mebibytes(content.bytes)} are more than ${mebibytes(largestFileBytes)}.`,
      );
    } else if (content.kind === "text") {
      texts++;
      bytes += content.bytes.length;
      const scan = scanner.scan(content.bytes, { file, salt, isTimeUp });
      report.add(scan, null);
      if (!scan.isComplete) report.leaveOut(`the rest of ${file}`);
    }
  }
  if (binaries.length > 0) {
    report.notes.push(`${binaries.length} binary files were not looked at: ${listed(binaries)}.`);
  }
  let summary = `${texts} files, ${mebibytes(bytes)}`;
  if (commits) {
    const inTree = new Set(report.findings.map((finding) => finding.fingerprint));
    let count = 0;
    const read = await readAddedText(commits, { cwd: directory, ...(signal && { signal }) }, (added) => {
      if (isTimeUp()) {
        count++;
        return;
      }
      const scan = scanner.scan(new TextEncoder().encode(added.text), { file: added.file, salt, isTimeUp });
      if (!scan.isComplete) count++;
      report.add(scan, added, inTree);
    });
    if (count > 0) report.leaveOut(`${count} changed files of commits`);
    summary += `, ${read.commits} commits`;
  }
  return { ...report, summary };
}

/** Puts the findings of many texts together, each secret once for each file. */
class Collector {
  readonly findings: Finding[] = [];
  readonly suppressed: SuppressedFinding[] = [];
  readonly problems: Problem[] = [];
  readonly notes: string[] = [];
  readonly rules = new Map<string, { title: string; help: string }>();
  isComplete = true;
  readonly #seen = new Set<string>();

  /** @param known fingerprints that need not be told again */
  add(
    scan: SecretScan,
    origin: { commit: string; lines: readonly number[] } | null,
    known: ReadonlySet<string> = new Set(),
  ): void {
    for (const found of scan.findings) {
      const finding = this.#toFinding(found, origin);
      if (known.has(finding.fingerprint) || this.#isSeen(finding, origin)) continue;
      this.findings.push(finding);
    }
    for (const { reason, ...found } of scan.suppressed) {
      const finding = this.#toFinding(found, origin);
      if (!this.#isSeen(finding, origin)) this.suppressed.push({ ...finding, reason });
    }
    // A comment in a commit that says too little has been mended, or the tree tells it.
    if (!origin) this.problems.push(...scan.problems);
  }

  leaveOut(what: string): void {
    this.isComplete = false;
    this.notes.push(`The time was up: ${what} were not looked at.`);
  }

  #isSeen({ fingerprint, location, commit }: Finding, origin: unknown): boolean {
    const key = origin ? fingerprint : `${fingerprint} ${location?.line}:${location?.column} ${commit ?? ""}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }

  #toFinding(found: SecretFinding, origin: { commit: string; lines: readonly number[] } | null): Finding {
    this.rules.set(found.rule, { title: found.title, help: found.revoke });
    const line = origin?.lines[found.line - 1] ?? found.line;
    const where = origin
      ? ` was written by commit ${origin.commit.slice(0, 12)}: removing it later does not take it back`
      : "";
    return {
      scanner: "secrets",
      rule: found.rule,
      severity: found.severity,
      message: `${found.title}${found.hint ? ` (${found.hint}…)` : ""}${where}.`,
      location: {
        file: found.file,
        line,
        column: found.column,
        ...(found.endLine > found.line ? { endLine: line + found.endLine - found.line } : {}),
      },
      ...(origin ? { commit: origin.commit } : {}),
      remedy: found.revoke,
      fingerprint: `${found.fingerprint}:${createHash("sha256").update(found.file).digest("hex").slice(0, 8)}`,
    };
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const listed = (files: readonly string[]): string =>
  files.length > 5 ? `${files.slice(0, 5).join(", ")} and ${files.length - 5} more` : files.join(", ");
