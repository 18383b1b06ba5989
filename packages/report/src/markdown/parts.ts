import { withoutControls } from "../format.ts";

/** Text that goes into a paragraph or a cell of GitHub Markdown, so that nothing in it acts as Markdown or HTML. */
export const escapeMarkdown = (text: string): string =>
  withoutControls(text)
    .replace(/\s*\n\s*/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_[\]|~#!]/g, (character) => `\\${character}`)
    .replace(/@(?=\w)/g, "@\u200b") // nobody is called by a commit message
    .replace(/:\/\//g, ":\u200b//"); // and nothing becomes a link by itself

/** Code in a line: as many backticks as the text needs; in a cell a bar would end it. */
export function code(text: string): string {
  const clean = withoutControls(text)
    .replace(/\s*\n\s*/g, " ")
    .replace(/\|/g, "\u2223");
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return clean === "" ? "" : `${fence}${pad}${clean}${pad}${fence}`;
}

/** A sentence of Sluice: what stands between backticks is code, and nothing else in it acts as Markdown. */
export const prose = (sentence: string): string =>
  sentence
    .split(/`([^`\n]+)`/)
    .map((part, index) => (index % 2 === 1 ? code(part) : escapeMarkdown(part)))
    .join("");

/** A block of text as it is, such as the output of a test. */
export function block(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${withoutControls(text).trimEnd()}\n${fence}`;
}

/** Numbers stand right: name a column with a leading `>`. Cells are Markdown already. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = columns.map((column) => column.replace(/^>/, ""));
  const rules = columns.map((column) => (column.startsWith(">") ? "---:" : "---"));
  return [heads, rules, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A part that is folded until somebody asks. */
export const folded = (title: string, content: string): string =>
  `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;

export const paragraphs = (...parts: readonly (string | null | false | undefined)[]): string =>
  parts.filter((part): part is string => typeof part === "string" && part !== "").join("\n\n");

/** Text inside of a mermaid diagram: letters, digits and harmless signs alone. */
export const diagramText = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N} .,_%/+()-]/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 60);

const icons: Record<string, string> = {
  succeeded: "✅",
  passed: "✅",
  clean: "✅",
  applied: "✅",
  promote: "✅",
  failed: "❌",
  findings: "❌",
  error: "❌",
  rollback: "↩️",
  rolled_back: "↩️",
  rollback_failed: "❌",
};

/** A sign and a word; the word alone says it all. */
export const statusText = (status: string): string => {
  const word = status.replaceAll("_", " ").replaceAll("-", " ");
  return icons[status] ? `${icons[status]} ${word}` : word;
};

/** GitHub takes at most 1 MiB for the summary of a step, and shows nothing when it is more. */
export const SUMMARY_LIMIT_BYTES = 1024 * 1024;

/** The text, cut at a line when it is longer than the limit, with a sentence that says so. */
export function within(text: string, limit = SUMMARY_LIMIT_BYTES): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const note = "\n\n_The rest does not fit into a job summary; the report has it all._\n";
  const bytes = Buffer.from(text).subarray(0, limit - Buffer.byteLength(note) - 16);
  const cut = bytes.toString("utf8").replace(/\ufffd+$/, "");
  const whole = cut.slice(0, cut.lastIndexOf("\n"));
  const fence = openFence(whole);
  return `${whole}${fence === "" ? "" : `\n${fence}`}${note}`;
}

/** The fence of the block that the text ends in; empty outside of blocks. */
function openFence(text: string): string {
  let open = "";
  for (const [fence] of text.matchAll(/^`{3,}/gm))
    if (open === "") open = fence;
    else if (fence === open) open = "";
  return open;
}
