import { withoutControls } from "../format.ts";

/** Text that is HTML already. Everything else is escaped when it is put into a template. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

/**
 * HTML from a template, in which every value is escaped, for text and for attributes in double
 * quotes alike. `null`, `undefined` and `false` are nothing; a list is its members one after the other.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let text = strings[0] ?? "";
  values.forEach((value, index) => {
    text += render(value) + (strings[index + 1] ?? "");
  });
  return new Markup(text);
}

/** SVG follows the same rules; the name tells the reader, and editors, what it is. */
export const svg = html;

/** A sentence of Sluice: what stands between backticks is code. */
export const prose = (text: string): Markup =>
  html`${text.split(/`([^`\n]+)`/).map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;

function render(value: Part): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join("");
  return escapeHtml(String(value));
}

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Also takes out control characters, which HTML and XML do not allow (terminal colours in messages). */
const escapeHtml = (text: string): string =>
  withoutControls(text).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
