/** How numbers, times and sizes are written for people: one way for the page, the summary and the terminal. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `12,345` */
export const count = (value: number): string => whole.format(value);

/** `1 request`, `12 requests` */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `850 ms`, `4.2 s`, `1 min 05 s`, `2 h 10 min` */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${trim(seconds.toFixed(1))} s`;
  const total = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${String(rest).padStart(2, "0")} s`;
}

/** A share from 0 to 1 as `0.42 %`, with as many digits as it needs to differ from zero. */
export function share(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return "–";
  return percent(ratio * 100);
}

/** `5 %`, `0.42 %`, `0.003 %`; `< 0.001 %` for what is less and not zero */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0 %";
  const digits = Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3;
  return value > 0 && value < 0.0005 ? "< 0.001 %" : `${trim(value.toFixed(digits))} %`;
}

/** `12 ms`, `1,204 ms` */
export const milliseconds = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value)
    ? "–"
    : `${value < 10 ? trim(value.toFixed(1)) : count(value)} ms`;

/** `1.03`, `14.2`, `1,203`, `4.1 × 10⁶` */
export function factor(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return "∞";
  if (value >= 1e6) {
    const exponent = Math.floor(Math.log10(value));
    return `${trim((value / 10 ** exponent).toFixed(1))} × 10${superscript(exponent)}`;
  }
  if (value >= 100) return count(value);
  if (value > 0 && value < 0.01) return "< 0.01";
  return trim(value.toFixed(2));
}

/** `312 B`, `4.2 kB`, `1.3 MB` */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(value) / 3), units.length);
  return `${trim((value / 1000 ** power).toFixed(1))} ${units[power - 1]}`;
}

/** `2026-03-04 12:00:05 UTC` from milliseconds since 1970 or an ISO text. */
export const moment = (at: number | string): string =>
  `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** `12:00:05` */
export const timeOfDay = (at: number | string): string => new Date(at).toISOString().slice(11, 19);

/** `sha256:1a2b3c…` is enough to recognise a digest by. */
export const shortDigest = (digest: string): string =>
  digest.startsWith("sha256:") ? `${digest.slice(0, 19)}…` : digest;

/** A status as people say it: `rolled back`. */
export const statusWord = (status: string): string => status.replaceAll("_", " ").replaceAll("-", " ");

/** A sentence ends with a full stop. Its first letter stays: it may be the name of a service. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Text without colours of a terminal and other control characters: what others wrote must not steer anything. */
export const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "");

const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
const superscript = (exponent: number) =>
  [...String(exponent)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
