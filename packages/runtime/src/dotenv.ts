/** What a text of lines `NAME=value` says. */
export interface Dotenv {
  variables: Record<string, string>;
  /** Numbers of the lines that cannot be read, from 1. What stands in them may be secret. */
  unreadable: number[];
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/s;
const escaped: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/**
 * Reads lines `NAME=value`. Empty lines and those that begin with `#` are left out. In double quotes `\n`, `\r` and `\t`
 * are what they are in most languages, and `\` before anything else is that; in single quotes nothing is special.
 * Without quotes the value is all of the line, `#` included: a password must not end early. The later line wins.
 */
export function readDotenv(text: string): Dotenv {
  const variables: Record<string, string> = {};
  const unreadable: number[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const [, name, written = ""] = assignment.exec(line) ?? [];
    const value = unquoted(written.trim());
    if (name === undefined || value === undefined) unreadable.push(index + 1);
    else variables[name] = value;
  }
  return { variables, unreadable };
}

/** The value behind a `=`; undefined when a quote is not closed, or something stands behind it. */
function unquoted(written: string): string | undefined {
  const quote = written[0];
  if (quote === "'") return /^'([^']*)'$/.exec(written)?.[1];
  if (quote !== '"') return written;
  const inside = /^"((?:[^"\\]|\\.)*)"$/s.exec(written)?.[1];
  return inside?.replace(/\\(.)/gs, (_, letter: string) => escaped[letter] ?? letter);
}

/**
 * Everything that must not be seen of such a text: the values as they are and as they are written. A line that cannot
 * be read is secret as a whole, and so is what stands behind its `=`. Of a comment only that is: its words are anybody's.
 */
export function dotenvSecrets(text: string): string[] {
  const written = text.split(/\r\n|\n|\r/).flatMap((line) => {
    const value = line.slice(line.indexOf("=") + 1).trim();
    const inside = value.replace(/^["']|["']$/g, "");
    if (!line.trimStart().startsWith("#")) return [line, value, inside];
    return line.includes("=") ? [value, inside] : [];
  });
  return [...Object.values(readDotenv(text).variables), ...written].filter((value) => value.trim() !== "");
}
