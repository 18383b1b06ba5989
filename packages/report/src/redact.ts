const MASK = "***";

/**
 * A copy of a document without secrets: every listed value is replaced wherever it stands, in keys as
 * well, and so is the password in any URL. It works on the document, before anything is escaped or
 * wrapped, so that no way of writing a value can carry it past.
 *
 * @param secrets values shorter than four characters are ignored, as they would eat ordinary words
 */
export function redact<T>(document: T, secrets: readonly string[]): T {
  const values = secrets.filter((secret) => secret.length >= 4).toSorted((a, b) => b.length - a.length);
  const clean = (text: string) => {
    let result = text;
    for (const value of values) result = result.replaceAll(value, MASK);
    return result.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${MASK}@`);
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return clean(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value !== null && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [clean(key), walk(member)]));
    return value;
  };
  return walk(document) as T;
}
