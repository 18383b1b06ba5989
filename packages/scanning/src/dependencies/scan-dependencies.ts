import { createHash } from "node:crypto";
import type { Finding } from "@sluice/documents";
import { type Inventory, keyOf, normalName, type Package } from "@sluice/inventory";
import { type Match, matchRecord, mergeAliases, type OsvRecord, recordSeverity } from "@sluice/vulnerability";
import { upgradeAdvice } from "./advice.ts";
import type { Lookup } from "./source.ts";

export interface DependencyReport {
  findings: Finding[];
  notes: string[];
  /** What was asked about what, in words. */
  summary: string;
  rules: Map<string, { title: string; url: string }>;
}

/**
 * Looks every package of the lock files up.
 *
 * @throws Refusal `scan.osv-unavailable` when the source cannot answer
 */
export async function scanDependencies(
  inventories: readonly Inventory[],
  lookUp: Lookup,
  signal?: AbortSignal,
): Promise<DependencyReport> {
  const unique = new Map<string, Package>();
  for (const entry of inventories.flatMap(({ packages }) => packages)) unique.set(keyOf(entry), entry);
  const answer = await lookUp([...unique.values()], signal);
  const notes = inventories.flatMap((inventory) => inventory.notes);
  const rules: DependencyReport["rules"] = new Map();
  const findings: Finding[] = [];
  for (const inventory of inventories) {
    for (const entry of inventory.packages) {
      const matches = new Map<OsvRecord, Match | null>();
      for (const record of answer.records.get(keyOf(entry)) ?? []) {
        const match = matchRecord(
          record,
          entry,
          (a, b) => normalName(entry.ecosystem, a) === normalName(entry.ecosystem, b),
        );
        if (match === "unknown") {
          if (answer.isMatched) matches.set(record, null);
          else
            notes.push(
              `${record.id} may be about ${entry.name} ${entry.version}: the versions cannot be compared.`,
            );
        } else if (match) matches.set(record, match);
      }
      for (const { record, aliases } of mergeAliases([...matches.keys()])) {
        const finding = toFinding(entry, inventory, record, aliases, matches.get(record) ?? null);
        rules.set(record.id, { title: titleOf(record), url: finding.url! });
        findings.push(finding);
      }
    }
  }
  const files = inventories.map(({ file }) => file).join(", ");
  return { findings, notes, rules, summary: `${unique.size} packages of ${files} against ${answer.source}` };
}

const titleOf = (record: OsvRecord): string =>
  (record.summary ?? record.details?.split("\n")[0] ?? record.id).slice(0, 200) || record.id;

function toFinding(
  entry: Package,
  inventory: Inventory,
  record: OsvRecord,
  aliases: readonly string[],
  match: Match | null,
): Finding {
  const { severity, score } = recordSeverity(record, match?.affected);
  const fixedIn = match?.fixedIn ?? null;
  const names = [record.id, ...aliases.filter((alias) => alias.startsWith("CVE-"))].join(", ");
  const uses = `${entry.isDirect ? "direct" : "transitive"}${entry.isDevelopment ? ", development only" : ""}`;
  return {
    scanner: "dependencies",
    rule: record.id,
    severity,
    ...(score === null ? {} : { score }),
    message: `${entry.name} ${entry.version} (${uses}): ${titleOf(record)} (${names}${score === null ? "" : `, CVSS ${score}`}). ${fixedIn ? `Fixed in ${fixedIn}.` : "No fixed version is known."}`,
    location: entry.location,
    package: {
      ecosystem: entry.ecosystem,
      name: entry.name,
      version: entry.version,
      isDirect: entry.isDirect,
      isDevelopment: entry.isDevelopment,
      fixedIn,
    },
    remedy: upgradeAdvice(entry, inventory, fixedIn),
    url: `https://osv.dev/vulnerability/${encodeURIComponent(record.id)}`,
    fingerprint: createHash("sha256")
      .update([record.id, keyOf(entry), entry.location.file].join("\0"))
      .digest("hex")
      .slice(0, 32),
  };
}
