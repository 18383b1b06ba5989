import type { DetailsOf } from "@sluice/documents";
import { counted, duration, sentence } from "../../format.ts";
import { html, type Markup } from "../markup.ts";
import { badge, empty, folded, numeric, table } from "../parts.ts";

/** What each scanner said; one that did not run says why. */
export function scanSection({ outcome, threshold, scanners, files }: DetailsOf<"scan">): Markup {
  const findings = scanners.flatMap((scanner) => scanner.findings);
  const accepted = scanners.flatMap((scanner) => scanner.suppressed);
  const notes = scanners.flatMap((scanner) => scanner.notes);
  return folded(
    "Security scan",
    html`${badge(outcome)} ${findings.length > 0 ? counted(findings.length, "finding") : ""}`,
    html`${
      scanners.length === 0
        ? empty("No scanner was configured.")
        : table(
            "Scanners",
            ["Scanner", "Outcome", numeric("Findings"), numeric("Time"), "What it says"],
            scanners.map((scanner) => [
              scanner.scanner,
              badge(scanner.outcome),
              scanner.outcome === "clean" || scanner.outcome === "findings" ? scanner.findings.length : "–",
              duration(scanner.seconds),
              scanner.message,
            ]),
          )
    }
${
  findings.length > 0 &&
  table(
    "Findings",
    ["Severity", "Rule", "Where", "What", "What to do"],
    findings
      .slice(0, 200)
      .map((finding) => [
        finding.severity,
        html`<code>${finding.rule}</code>`,
        finding.location
          ? html`<code>${[finding.location.file, finding.location.line].filter(Boolean).join(":")}</code>`
          : "–",
        finding.message,
        finding.remedy ?? "–",
      ]),
  )
}
${
  accepted.length > 0 &&
  table(
    "Findings that somebody has accepted",
    ["Severity", "Rule", "Why", "By", "Until"],
    accepted.map((finding) => [
      finding.severity,
      html`<code>${finding.rule}</code>`,
      finding.reason,
      finding.owner ?? "–",
      finding.expires ?? "no end",
    ]),
  )
}
<p class="quiet">Findings below ${threshold} do not fail the scan.${notes.map((note) => ` ${sentence(note)}`)}</p>
${findings.length > 200 && html`<p class="quiet">The first 200 of ${findings.length} are shown; the SARIF file has them all.</p>`}
${(files.sarif || files.sboms.length > 0) && html`<p class="quiet">Files: ${[files.sarif, ...files.sboms.map((sbom) => sbom.path)].filter((path) => path !== null).map((path) => html`<code>${path}</code> `)}</p>`}`,
    outcome === "findings" || outcome === "error",
  );
}
