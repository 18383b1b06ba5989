/** One line of a metrics page. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** The page is not in the Prometheus text format. */
export class NotMetrics extends Error {
  override readonly name = "NotMetrics";
}

/**
 * Reads a page in the Prometheus text format 0.0.4 (also what OpenMetrics 1.0 adds to it for counters and
 * histograms: exemplars, `# EOF`; and quoted UTF-8 names). Comments and time stamps are left out.
 * Source: prometheus.io/docs/instrumenting/exposition_formats.
 *
 * An own reader, because the existing one for Node is years old, knows neither exemplars nor quoted names, and
 * brings more code than this.
 *
 * @throws NotMetrics with the number of the first line that cannot be read
 */
export function parseTextFormat(page: string): Sample[] {
  const samples: Sample[] = [];
  for (const [index, line] of page.split("\n").entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    try {
      samples.push(parseSample(text));
    } catch (error) {
      if (!(error instanceof NotMetrics)) throw error;
      throw new NotMetrics(`line ${index + 1}: ${error.message}: ${text.slice(0, 80)}`);
    }
  }
  return samples;
}

const namePattern = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const quotedPattern = /"((?:[^"\\]|\\.)*)"/y;
const spacePattern = /[ \t]*/y;
const valuePattern = /[ \t]*(\S+)(?:[ \t]+[-+]?[\d.]+)?[ \t]*(?:#.*)?$/y;

function parseSample(text: string): Sample {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  const takeToken = (token: string): boolean => {
    take(spacePattern);
    const isThere = text.startsWith(token, at);
    if (isThere) at += token.length;
    take(spacePattern);
    return isThere;
  };

  let name = take(namePattern)?.[0];
  const labels: Record<string, string> = {};
  if (takeToken("{")) {
    while (!takeToken("}")) {
      const quoted = take(quotedPattern)?.[1];
      const key = quoted === undefined ? take(namePattern)?.[0] : unescaped(quoted);
      if (key === undefined) throw new NotMetrics("a label is expected");
      if (takeToken("=")) {
        const value = take(quotedPattern)?.[1];
        if (value === undefined) throw new NotMetrics(`the value of ${key} is not in quotes`);
        labels[key] = unescaped(value);
      } else if (quoted !== undefined && name === undefined) name = key;
      else throw new NotMetrics(`the label ${key} has no value`);
      if (!takeToken(",") && text[at] !== "}") throw new NotMetrics("the labels do not end");
    }
  }
  if (name === undefined || name === "") throw new NotMetrics("a name is expected");
  const value = take(valuePattern)?.[1];
  if (value === undefined) throw new NotMetrics("a value is expected");
  return { name, labels, value: parseValue(value) };
}

function parseValue(text: string): number {
  if (/^[-+]?inf(inity)?$/i.test(text)) {
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (Number.isNaN(value)) throw new NotMetrics(`${text} is not a number`);
  return value;
}

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
