/**
 * Replaces what stands between `<!-- name -->` and `<!-- /name -->`. The rest of a page is written by hand.
 *
 * @throws Error when the page has no such place
 */
export function replaceSection(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = page.indexOf(open);
  const end = page.indexOf(close, start);
  if (start < 0 || end < 0) throw new Error(`it has no place between ${open} and ${close}`);
  return `${page.slice(0, start + open.length)}\n\n${content.trim()}\n\n${page.slice(end)}`;
}

export const hasSection = (page: string, name: string): boolean => page.includes(`<!-- ${name} -->`);

/** A Markdown table with columns of equal width, as the formatter writes it; a cell holds any description. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim()),
  );
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}

/** A value as code, or nothing when there is none. */
export const code = (value: unknown): string =>
  value === undefined || value === "" ? "" : `\`${String(value)}\``;
