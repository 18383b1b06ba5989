import type { Problem } from "@sluice/documents";

/** A comment that says why a finding on this or the next line is no leak: `sluice:allow <rule> reason="…"`. */
export interface InlineSuppression {
  rule: string;
  reason: string;
  line: number;
}

const comment = /sluice:allow[ \t]+(?<rule>[\w*-]+)?(?<rest>[^\r\n]*)/;

/**
 * Reads the suppression on a line.
 *
 * @returns the suppression, a problem when it names no rule or no reason (it then suppresses nothing),
 *          or null when the line has none
 */
export function readSuppression(
  text: string,
  file: string,
  line: number,
): InlineSuppression | Problem | null {
  const match = comment.exec(text);
  if (!match) return null;
  const reason = /reason=(["'])(?<reason>.*?\S.*?)\1/.exec(match.groups!.rest!)?.groups?.reason;
  if (match.groups!.rule && reason) return { rule: match.groups!.rule, reason, line };
  return {
    severity: "warning",
    reasonCode: "scan.suppression-invalid",
    message: `The comment \`sluice:allow\` names no ${match.groups!.rule ? "reason" : "rule"}, so it suppresses nothing.`,
    remedy: 'Write `sluice:allow <rule> reason="why this is no leak"` on the line or the one above.',
    location: { file, line },
  };
}
