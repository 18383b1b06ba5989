import { createHmac } from "node:crypto";
import type { Problem, Severity } from "@sluice/documents";
import type { Candidate, Detector } from "./detector.ts";
import { detectors as allDetectors } from "./detectors/index.ts";
import { entropy } from "./entropy.ts";
import { KeywordIndex } from "./keyword-index.ts";
import { LineNumbers, lineBounds } from "./lines.ts";
import { isStandInToken } from "./placeholder.ts";
import { type InlineSuppression, readSuppression } from "./suppression.ts";

/** A place where a secret is written down. The value is not part of it. */
export interface SecretFinding {
  rule: string;
  title: string;
  severity: Severity;
  /** Path as it was given to the scan. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in characters. */
  column: number;
  endLine: number;
  /** At most four characters, and only those that the format gives away. */
  hint: string;
  /** Salted: says that two findings are the same secret, but not which. */
  fingerprint: string;
  revoke: string;
}

export interface SecretScan {
  findings: SecretFinding[];
  /** Findings that a comment allows, with its reason. */
  suppressed: (SecretFinding & { reason: string })[];
  /** Comments that do not say enough. */
  problems: Problem[];
  /** False when the time was up before everything was looked at. */
  isComplete: boolean;
}

export interface ScanOptions {
  /** Path relative to the repository; some detectors judge by the kind of file. */
  file: string;
  /** Key of the fingerprints: any text that is the same in each run. */
  salt: string;
  /** Asked now and then; when it says true, the rest is left out and the scan is not complete. */
  isTimeUp?: () => boolean;
}

/** Bytes that a pattern sees at most in one go: what bounds the time of a hostile line. */
const windowBytes = 16_384;

interface Window {
  start: number;
  end: number;
}

interface Match {
  detector: Detector;
  start: number;
  end: number;
  value: string;
}

/** Looks for secrets: first for keywords in one pass, then with patterns in windows around them. */
export class SecretScanner {
  readonly #detectors: readonly Detector[];
  readonly #index: KeywordIndex;
  /** For each keyword the detectors that want it; the last keyword is the one of suppressions. */
  readonly #wanted: readonly (readonly number[])[];
  readonly #suppression: number;

  constructor(detectors: readonly Detector[] = allDetectors) {
    this.#detectors = detectors;
    const byKeyword = new Map<string, number[]>();
    detectors.forEach((detector, number) => {
      for (const keyword of detector.keywords) {
        byKeyword.set(keyword, [...(byKeyword.get(keyword) ?? []), number]);
      }
    });
    this.#suppression = byKeyword.size;
    this.#wanted = [...byKeyword.values()];
    this.#index = new KeywordIndex([...byKeyword.keys(), "sluice:allow"]);
  }

  /** @param content bytes of a text in UTF-8 (or any encoding whose first half is ASCII) */
  scan(content: Uint8Array, options: ScanOptions): SecretScan {
    const windows = new Map<number, Window[]>();
    const suppressionOffsets: number[] = [];
    this.#index.search(content, (keyword, start, end) => {
      if (keyword === this.#suppression) suppressionOffsets.push(start);
      else for (const number of this.#wanted[keyword]!) this.#addWindow(windows, number, content, start, end);
    });
    if (windows.size === 0 && suppressionOffsets.length === 0) {
      return { findings: [], suppressed: [], problems: [], isComplete: true };
    }

    const matches: Match[] = [];
    const claims = new Claims(content.length);
    let isComplete = true;
    search: for (const number of [...windows.keys()].sort((a, b) => a - b)) {
      for (const window of windows.get(number)!) {
        if (options.isTimeUp?.()) {
          isComplete = false;
          break search;
        }
        this.#match(this.#detectors[number]!, content, window, options.file, claims, matches);
      }
    }
    const lines = new LineNumbers(content);
    const findings = matches
      .sort((a, b) => a.start - b.start)
      .map((match) => toFinding(match, lines, options));
    return { ...applySuppressions(findings, suppressionOffsets, content, lines, options.file), isComplete };
  }

  #addWindow(
    windows: Map<number, Window[]>,
    number: number,
    content: Uint8Array,
    from: number,
    to: number,
  ): void {
    const { before = 80, after = 400, acrossLines = false } = this.#detectors[number]!.reach ?? {};
    let start = Math.max(0, from - before);
    let end = Math.min(content.length, to + after);
    const list = windows.get(number);
    const last = list?.at(-1);
    if (!acrossLines) {
      // Inside the line: cheap, because the search stops at the window.
      const bounds = lineBounds(content, from, to, start, end);
      start = bounds.start;
      end = bounds.end;
    }
    if (last && start <= last.end && end - last.start <= windowBytes) last.end = Math.max(last.end, end);
    else if (list) list.push({ start, end });
    else windows.set(number, [{ start, end }]);
  }

  #match(
    detector: Detector,
    content: Uint8Array,
    window: Window,
    file: string,
    claims: Claims,
    matches: Match[],
  ): void {
    // Latin-1 keeps one character for each byte, so that offsets in the text are offsets in the file.
    const text = latin1(content, window.start, window.end);
    for (const match of text.matchAll(detector.pattern)) {
      const groups = match.groups ?? {};
      const value = groups.secret ?? groups.double ?? groups.single ?? groups.back ?? groups.bare ?? match[0];
      const start = window.start + match.index + match[0].lastIndexOf(value);
      const end = start + value.length;
      if (claims.has(start, end)) continue;
      if (isStandInToken(value) && !detector.isGeneric) continue;
      if (detector.entropy !== undefined && entropy(value) < detector.entropy) continue;
      const before = text.slice(Math.max(0, match.index - 60), match.index);
      const candidate: Candidate = { value, groups, match: match[0], before, path: file };
      if (detector.accepts && !detector.accepts(candidate)) continue;
      claims.add(start, end);
      matches.push({ detector, start, end, value });
    }
  }
}

/** Which bytes already belong to a finding; as long as the text, so that asking costs the same however many there are. */
class Claims {
  readonly #taken: Uint8Array;

  constructor(length: number) {
    this.#taken = new Uint8Array(length);
  }

  add(start: number, end: number): void {
    this.#taken.fill(1, start, end);
  }

  has(start: number, end: number): boolean {
    return this.#taken.subarray(start, end).includes(1);
  }
}

const latin1Decoder = new TextDecoder("latin1");
const latin1 = (content: Uint8Array, start: number, end: number): string =>
  latin1Decoder.decode(content.subarray(start, end));

function toFinding(
  { detector, start, end, value }: Match,
  lines: LineNumbers,
  options: ScanOptions,
): SecretFinding {
  const place = lines.at(start);
  return {
    rule: detector.id,
    title: detector.title,
    severity: detector.severity,
    file: options.file,
    line: place.line,
    column: place.column,
    endLine: lines.at(Math.max(start, end - 1)).line,
    hint: detector.hasPublicPrefix ? value.slice(0, 4) : "",
    fingerprint: createHmac("sha256", options.salt)
      .update(`${detector.id}\0${value.replace(/\s+/g, "")}`)
      .digest("hex")
      .slice(0, 32),
    revoke: detector.revoke,
  };
}

function applySuppressions(
  findings: readonly SecretFinding[],
  offsets: readonly number[],
  content: Uint8Array,
  lines: LineNumbers,
  file: string,
): Omit<SecretScan, "isComplete"> {
  const problems: Problem[] = [];
  const suppressions: InlineSuppression[] = [];
  for (const offset of offsets) {
    const { end } = lineBounds(content, offset, offset, offset, Math.min(content.length, offset + 500));
    const read = readSuppression(
      new TextDecoder().decode(content.subarray(offset, end)),
      file,
      lines.at(offset).line,
    );
    if (read && "rule" in read) suppressions.push(read);
    else if (read) problems.push(read);
  }
  const reasonFor = (finding: SecretFinding) =>
    suppressions.find(
      ({ rule, line }) => rule === finding.rule && (line === finding.line || line === finding.line - 1),
    )?.reason;
  const kept: SecretFinding[] = [];
  const suppressed: (SecretFinding & { reason: string })[] = [];
  for (const finding of findings) {
    const reason = reasonFor(finding);
    if (reason === undefined) kept.push(finding);
    else suppressed.push({ ...finding, reason });
  }
  return { findings: kept, suppressed, problems };
}
