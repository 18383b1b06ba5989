import { redact } from "@sluice/report";

/** What programs compare; a secret that happens to be such a word must not change it. */
const identifiers = new Set([
  "schema",
  "stage",
  "status",
  "reasonCode",
  "environment",
  "version",
  "service",
  "name",
  "kind",
  "type",
  "severity",
  "strategy",
  "from",
  "to",
  "digest",
  "owner",
  "run",
]);

/**
 * A copy in which no sentence contains a secret: what a command or a service printed gets into messages, and from
 * there into results, the journal and the log. Identifiers stay as they are.
 */
export function hideSecrets<T>(document: T, secrets: readonly string[]): T {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return redact(value, secrets);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        identifiers.has(key) && typeof member === "string" ? member : walk(member),
      ]),
    );
  };
  return walk(document) as T;
}
