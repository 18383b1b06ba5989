/**
 * Writes one JSON object per line, so that a log collector needs no parser of its own.
 *
 * @param {{service: string, version: string}} origin fields that every line carries
 * @param {(line: string) => void} [write] where the lines go; standard output by default
 */
export function createLogger(origin, write = (line) => process.stdout.write(line)) {
  const log = (level) => (message, fields) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, ...origin, message, ...fields })}\n`);
  return { info: log("info"), error: log("error") };
}
