import type { Finding, Severity, SuppressedFinding } from "@sluice/documents";

/**
 * Limits of code scanning: of a run with more results it keeps 5,000, and it refuses a file with more than
 * 20 runs (https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
 */
const limits = { runs: 20, results: 5000, message: 1000, tags: 10 } as const;

/** What one scanner says, on its way into a run of its own. */
export interface SarifInput {
  scanner: string;
  /** False when it could not do its work: its silence then means nothing. */
  isSuccessful: boolean;
  message: string;
  findings: readonly Finding[];
  suppressed: readonly SuppressedFinding[];
  notes: readonly string[];
  /** Titles and help of rules; a rule that is not named here has its id as title. */
  rules?: ReadonlyMap<string, { title: string; help?: string; url?: string }>;
  /** Hash of the line of a finding, by its fingerprint; left out where the line holds a secret. */
  lineHashes?: ReadonlyMap<string, string>;
}

export interface SarifOptions {
  /** Version of Sluice. */
  version: string;
  /** Tells the scans of one commit apart, as in `production`; part of the identity of every run. */
  category?: string;
}

const order: readonly Severity[] = ["critical", "high", "medium", "low", "unknown"];
const level = { critical: "error", high: "error", medium: "warning", low: "note", unknown: "note" } as const;
/** The middle of the range that code scanning gives each word. */
const typicalScore: Readonly<Record<Severity, number>> = {
  critical: 9.5,
  high: 8,
  medium: 5.5,
  low: 2,
  unknown: 2,
};

/** The worst first, then by place: what a reader wants, and what must survive the limit. */
export function bySeverity(a: Finding, b: Finding): number {
  return (
    order.indexOf(a.severity) - order.indexOf(b.severity) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    compare(a.location?.file ?? "", b.location?.file ?? "") ||
    (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
    compare(a.rule, b.rule) ||
    compare(a.fingerprint, b.fingerprint)
  );
}
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * One SARIF 2.1.0 document (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) with a run for each scanner. Every run
 * has its own `automationDetails.id`, because code scanning refuses a file in which two runs have the same.
 *
 * @throws RangeError for more scanners than a file may have runs
 */
export function sarifLog(inputs: readonly SarifInput[], options: SarifOptions) {
  if (inputs.length > limits.runs) throw new RangeError(`a SARIF file has at most ${limits.runs} runs`);
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0" as const,
    runs: inputs.map((input) => sarifRun(input, options)),
  };
}

function sarifRun(input: SarifInput, { version, category }: SarifOptions) {
  const suppressed = new Map(input.suppressed.map((finding) => [finding, finding]));
  const all = [...input.findings.toSorted(bySeverity), ...input.suppressed.toSorted(bySeverity)];
  const kept = all.slice(0, limits.results);
  const rules = [...new Set(kept.map(({ rule }) => rule))].sort();
  const ruleIndex = new Map(rules.map((rule, index) => [rule, index]));
  const notes = [
    ...input.notes,
    ...(all.length > kept.length
      ? [`${all.length} results, of which a run can show ${limits.results}: the least severe were left out.`]
      : []),
  ];
  return {
    tool: {
      driver: {
        name: `Sluice ${input.scanner}`,
        semanticVersion: version,
        rules: rules.map((rule) =>
          sarifRule(
            rule,
            kept.filter((finding) => finding.rule === rule),
            input,
          ),
        ),
      },
    },
    automationDetails: { id: `sluice/${category ? `${category}/` : ""}${input.scanner}/` },
    columnKind: "utf16CodeUnits" as const,
    invocations: [
      {
        executionSuccessful: input.isSuccessful,
        toolExecutionNotifications: [
          {
            level: (input.isSuccessful ? "note" : "error") as "note" | "error",
            message: { text: input.message },
          },
          ...notes.map((text) => ({ level: "warning" as const, message: { text } })),
        ],
      },
    ],
    results: kept.map((finding) => {
      const acceptance = suppressed.get(finding as SuppressedFinding);
      return {
        ruleId: finding.rule,
        ruleIndex: ruleIndex.get(finding.rule)!,
        level: level[finding.severity],
        message: { text: shortened([finding.message, finding.remedy].filter(Boolean).join("\n")) },
        locations: [physicalLocation(finding)],
        partialFingerprints: {
          "sluice/v1": finding.fingerprint,
          primaryLocationLineHash: input.lineHashes?.get(finding.fingerprint) ?? `${finding.fingerprint}:1`,
        },
        ...(acceptance
          ? {
              suppressions: [
                { kind: "external" as const, status: "accepted" as const, justification: acceptance.reason },
              ],
            }
          : {}),
        ...(finding.commit ? { properties: { commit: finding.commit } } : {}),
      };
    }),
  };
}

function sarifRule(id: string, findings: readonly Finding[], input: SarifInput) {
  const worst = findings.toSorted(bySeverity)[0]!;
  const known = input.rules?.get(id);
  const title = known?.title ?? id;
  const url = known?.url ?? worst.url;
  return {
    id,
    shortDescription: { text: title },
    ...(url ? { helpUri: url } : {}),
    help: { text: known?.help ?? worst.remedy ?? title },
    defaultConfiguration: { level: level[worst.severity] },
    properties: {
      tags: ["security", input.scanner].slice(0, limits.tags),
      "security-severity": (worst.score ?? typicalScore[worst.severity]).toFixed(1),
      precision: "high",
    },
  };
}

function physicalLocation({ location }: Finding) {
  return {
    physicalLocation: {
      // Without a file there is nothing to point at but the repository; code scanning wants a place for each result.
      artifactLocation: { uri: relativeUri(location?.file ?? "README.md"), uriBaseId: "%SRCROOT%" },
      region: {
        startLine: location?.line ?? 1,
        ...(location?.column ? { startColumn: location.column } : {}),
        ...(location?.endLine ? { endLine: location.endLine } : {}),
      },
    },
  };
}

/** A path as a relative URI: every segment encoded, forward slashes, never absolute. */
export const relativeUri = (path: string): string =>
  path
    .replaceAll("\\", "/")
    .replace(/^(?:[A-Za-z]:)?\/+|^(?:\.\/)+/, "")
    .split("/")
    .map(encodeURIComponent)
    .join("/");

const shortened = (text: string): string =>
  text.length > limits.message ? `${text.slice(0, limits.message - 1)}…` : text;
