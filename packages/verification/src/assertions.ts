import { isDeepStrictEqual } from "node:util";
import type { Answer } from "./ask.ts";
import type { SmokeRequest } from "./request.ts";

/**
 * What is wrong with an answer, one sentence for each expectation that it does not meet; empty when it is right.
 */
export function shortcomings(expected: SmokeRequest, answer: Extract<Answer, { isAnswer: true }>): string[] {
  const wrong: string[] = [];
  const status = expected.status ?? 200;
  if (answer.status !== status) {
    wrong.push(`HTTP ${answer.status} instead of ${status}: ${excerpt(answer.body)}`);
  }
  for (const [name, value] of Object.entries(expected.answerHeaders ?? {})) {
    const found = answer.headers[name.toLowerCase()];
    if (found !== value) wrong.push(`the header ${name} is ${quote(found)} instead of "${value}"`);
  }
  if (expected.contains !== undefined && !answer.body.includes(expected.contains)) {
    wrong.push(`the body does not contain "${expected.contains}": ${excerpt(answer.body)}`);
  }
  if (expected.json) wrong.push(...jsonShortcomings(expected.json, answer.body));
  const { maxLatencyMilliseconds: limit } = expected;
  if (limit !== undefined && answer.milliseconds > limit) {
    wrong.push(`it took ${Math.ceil(answer.milliseconds)} ms, longer than ${limit} ms`);
  }
  return wrong;
}

function jsonShortcomings(expected: Readonly<Record<string, unknown>>, body: string): string[] {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return [`the body is not JSON: ${excerpt(body)}`];
  }
  return Object.entries(expected).flatMap(([path, value]) => {
    const found = valueAt(document, path);
    return isDeepStrictEqual(found, value) ? [] : [`${path} is ${quote(found)} instead of ${quote(value)}`];
  });
}

/**
 * The value at a path of a document: `items.0.name`, with `$.` in front and `[0]` for `.0` if one likes. A key that has
 * the whole path as its name wins.
 *
 * @returns undefined when there is nothing
 */
export function valueAt(document: unknown, path: string): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    value !== null && typeof value === "object";
  if (isObject(document) && Object.hasOwn(document, path)) return document[path];
  const keys = path
    .replace(/^\$\.?/, "")
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((key) => key !== "");
  return keys.reduce<unknown>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    document,
  );
}

const quote = (value: unknown) => (value === undefined ? "missing" : excerpt(JSON.stringify(value)));

/** The beginning of a text on one line. */
export function excerpt(text: string, length = 200): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "(empty)";
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
