import type { ReasonCode } from "@sluice/documents";

/** Length of time in seconds. */
export type Seconds = number;
/** Share in percent: 0–100 for a part of a whole. */
export type Percent = number;
/** Thousandths of a CPU core. */
export type Millicores = number;
export type Bytes = number;
export type Milliseconds = number;

/** What reading a text with a unit gave: the value, or why there is none and what to write instead. */
export type Reading =
  | { ok: true; value: number }
  | { ok: false; reasonCode: ReasonCode; message: string; remedy: string };

/** One kind of quantity: how it is written in a configuration and read from it. */
export interface Quantity {
  /** Regular expression of everything that is accepted, for editors (JSON Schema `pattern`). */
  pattern: string;
  /** How it is written, for a person: "a duration such as `30s`". */
  allowed: string;
  /** Reads what a YAML file holds at a place; only a text with a unit has a value. */
  read(found: unknown): Reading;
}

/** A time: `500ms`, `30s`, `10m`, `1h30m`, `7d`; read as seconds. */
export const duration: Quantity = {
  pattern: "^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$",
  allowed: "a duration such as `500ms`, `30s`, `10m` or `1h30m`",
  read: (found) =>
    read(found, duration, parseDuration, (n) => ({
      message: `It can mean ${n} seconds or ${n} minutes.`,
      remedy: `Write \`${n}s\` or \`${n}m\`.`,
    })),
};

/** A share: `10%`, `0.1%`; read as percent, so `10%` is 10. */
export const percent: Quantity = {
  pattern: "^\\d+(\\.\\d+)?\\s?%$",
  allowed: "a percentage such as `10%` or `0.1%`",
  read: (found) =>
    read(found, percent, parsePercent, (n) => ({
      message: `It can mean ${n} % or a ratio of ${n} (${inPercent(n)} %).`,
      remedy: n <= 1 ? `Write \`${n}%\` or \`${inPercent(n)}%\`.` : `Write \`${n}%\` if you mean percent.`,
    })),
};

/** A latency: `500ms`, `1.5s`; read as milliseconds. */
export const latency: Quantity = {
  pattern: "^\\d+(\\.\\d+)?(ms|s)$",
  allowed: "a latency such as `500ms` or `1.5s`",
  read: (found) =>
    read(found, latency, parseLatency, (n) => ({
      message: `It can mean ${n} milliseconds or ${n} seconds.`,
      remedy: `Write \`${n}ms\` or \`${n}s\`.`,
    })),
};

/** How many times as much: `2x`, `1.5x`; read as the factor. */
export const factor: Quantity = {
  pattern: "^\\d+(\\.\\d+)?x$",
  allowed: "a factor such as `2x`",
  read: (found) =>
    read(found, factor, parseFactor, (n) => ({
      message: `It can mean ${n} times the old version or a value of ${n}.`,
      remedy: `Write \`${n}x\` for the first.`,
    })),
};

/** A number of things: `3`. */
export const amount: Quantity = {
  pattern: "^\\d+$",
  allowed: "a whole number such as `3`",
  read(found) {
    const value = typeof found === "string" && /^\d+$/.test(found) ? Number(found) : found;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return { ok: true, value };
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: describeValue(found),
      remedy: `Write ${amount.allowed}.`,
    };
  },
};

/** Computing power: `500m` is half a core; read as millicores. */
export const cpu: Quantity = {
  pattern: "^\\d+m$",
  allowed: "CPU in millicores such as `500m` (half a core) or `2000m` (two cores)",
  read: (found) =>
    read(found, cpu, parseCpu, (n) => ({
      message: `It can mean ${n} cores or ${n} millicores.`,
      remedy: `Write \`${Math.round(n * 1000)}m\` or \`${Math.round(n)}m\`.`,
    })),
};

/** Memory: `512Mi`, `2Gi` (powers of 1024) or `500M`, `2G` (powers of 1000); read as bytes. */
export const memory: Quantity = {
  pattern: "^\\d+(\\.\\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)$",
  allowed: "memory such as `512Mi` or `2Gi`",
  read: (found) =>
    read(found, memory, parseMemory, (n) => ({
      message: `It can mean ${n} bytes or ${n} mebibytes.`,
      remedy: `Write \`${n}Mi\` for mebibytes or \`${Math.max(1, Math.ceil(n / 1024))}Ki\` for that many bytes.`,
    })),
};

const secondsIn = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of a duration such as `1h30m`; null when it is not one. */
export function parseDuration(text: string): Seconds | null {
  if (!new RegExp(duration.pattern).test(text)) return null;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    milliseconds += Number(amount) * secondsIn[unit as keyof typeof secondsIn] * 1000;
  return Math.round(milliseconds) / 1000;
}

/** Percent of a percentage such as `0.1%`; null when it is not one. */
export function parsePercent(text: string): Percent | null {
  return new RegExp(percent.pattern).test(text) ? Number.parseFloat(text) : null;
}

/** Milliseconds of a latency such as `500ms`; null when it is not one. */
export function parseLatency(text: string): Milliseconds | null {
  if (!new RegExp(latency.pattern).test(text)) return null;
  return text.endsWith("ms") ? Number.parseFloat(text) : Math.round(Number.parseFloat(text) * 1e6) / 1000;
}

/** Factor of a text such as `2x`; null when it is not one. */
export function parseFactor(text: string): number | null {
  return new RegExp(factor.pattern).test(text) ? Number.parseFloat(text) : null;
}

/** Millicores of a CPU quantity such as `500m`; null when it is not one. */
export function parseCpu(text: string): Millicores | null {
  return new RegExp(cpu.pattern).test(text) ? Number.parseInt(text, 10) : null;
}

const bytesIn = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes of a memory quantity such as `512Mi`; null when it is not one. */
export function parseMemory(text: string): Bytes | null {
  if (!new RegExp(memory.pattern).test(text)) return null;
  const unit = text.replace(/[\d.]/g, "") as keyof typeof bytesIn;
  return Math.round(Number.parseFloat(text) * bytesIn[unit]);
}

/** The shortest exact text of a time in seconds (to the millisecond), such as `1h30m`, `4s`, `500ms`. */
export function formatDuration(seconds: Seconds): string {
  let left = Math.round(seconds * 1000);
  if (left === 0) return "0s";
  const parts: string[] = [];
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
    ["ms", 1],
  ] as const) {
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count}${unit}`);
    left -= count * size;
  }
  return parts.join("");
}

/** The text of a share in percent, such as `0.1%`. */
export const formatPercent = (value: Percent): string => `${value}%`;

/** The text of a latency in milliseconds, such as `500ms`. */
export const formatLatency = (value: Milliseconds): string => `${value}ms`;

/** The text of computing power in millicores, such as `500m`. */
export const formatCpu = (value: Millicores): string => `${value}m`;

/** The text of an amount of memory in bytes with the largest binary unit that is exact, such as `512Mi`. */
export function formatMemory(bytes: Bytes): string {
  for (const unit of ["Ti", "Gi", "Mi", "Ki"] as const)
    if (bytes >= bytesIn[unit] && bytes % bytesIn[unit] === 0) return `${bytes / bytesIn[unit]}${unit}`;
  return `${bytes / 1024}Ki`;
}

function read(
  found: unknown,
  quantity: Quantity,
  parse: (text: string) => number | null,
  readings: (n: number) => { message: string; remedy: string },
): Reading {
  const bare = bareNumber(found);
  if (bare !== null) {
    const { message, remedy } = readings(bare);
    return {
      ok: false,
      reasonCode: "config.unit-missing",
      message: `${bare}, without a unit`,
      remedy: `${message} ${remedy}`,
    };
  }
  if (typeof found !== "string")
    return {
      ok: false,
      reasonCode: "config.wrong-type",
      message: describeValue(found),
      remedy: `Write ${quantity.allowed}.`,
    };
  const value = parse(found);
  if (value !== null && Number.isFinite(value)) return { ok: true, value };
  return {
    ok: false,
    reasonCode: "config.unit-wrong",
    message: describeValue(found),
    remedy: `Write ${quantity.allowed}.`,
  };
}

function bareNumber(found: unknown): number | null {
  if (typeof found === "number") return Number.isFinite(found) && found >= 0 ? found : null;
  return typeof found === "string" && /^\d+(\.\d+)?$/.test(found) ? Number(found) : null;
}

const inPercent = (ratio: number): number => Number((ratio * 100).toPrecision(12));

/** What was found, as a person would say it. */
export function describeValue(found: unknown): string {
  if (found === null || found === undefined) return "empty";
  if (Array.isArray(found)) return "a list";
  if (typeof found === "object") return "a map of keys";
  return typeof found === "string" ? `\`${found}\`` : String(found);
}
