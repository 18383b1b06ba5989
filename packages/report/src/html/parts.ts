import { statusWord } from "../format.ts";
import { html, Markup } from "./markup.ts";

export type Cell = Markup | string | number | null | undefined;

export interface Column {
  name: string;
  /** Right-aligned, with figures of one width. */
  isNumber?: boolean;
}

/** A table with a caption for screen readers, which scrolls sideways on its own when it is too wide. */
export function table(
  caption: string,
  columns: readonly (Column | string)[],
  rows: readonly (readonly Cell[])[],
): Markup {
  const heads = columns.map((column) => (typeof column === "string" ? { name: column } : column));
  const className = (index: number) => (heads[index]?.isNumber ? "number" : "");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${heads.map((head, i) => html`<th scope="col" class="${className(i)}">${head.name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class="${className(i)}">${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

/** Text that is never broken into lines. */
export const nowrap = (text: string): Markup => html`<span class="nowrap">${text}</span>`;

export const numeric = (name: string): Column => ({ name, isNumber: true });

type Tone = "good" | "bad" | "wait" | "plain";
const tones: Record<string, Tone> = {
  succeeded: "good",
  clean: "good",
  passed: "good",
  applied: "good",
  promote: "good",
  failed: "bad",
  findings: "bad",
  error: "bad",
  rolled_back: "bad",
  rollback: "bad",
  rollback_failed: "bad",
  cancelled: "wait",
  held: "wait",
  hold: "wait",
  inconclusive: "wait",
  pending: "wait",
  running: "wait",
};
const glyphs: Record<Tone, string> = { good: "✓", bad: "✕", wait: "◷", plain: "–" };

export const toneOf = (status: string): Tone => tones[status] ?? "plain";

/** A status with a sign and a word, so that colour says nothing that is not said otherwise. */
export const badge = (status: string, word = statusWord(status)): Markup =>
  html`<span class="badge ${toneOf(status)}"><span aria-hidden="true">${glyphs[toneOf(status)]}</span> ${word}</span>`;

const OPEN = new Markup("open");

/** A part that can be folded, with what it holds said in its heading. */
export const folded = (
  title: string,
  summary: Cell,
  content: Cell | readonly Markup[],
  isOpen = false,
): Markup =>
  html`<details ${isOpen && OPEN}><summary><h3>${title}</h3><span class="gist">${summary}</span></summary>
<div class="inside">${content as Markup}</div></details>`;

/** Why there is nothing to see. */
export const empty = (why: string): Markup => html`<p class="empty">${why}</p>`;
