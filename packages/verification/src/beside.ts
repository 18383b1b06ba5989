import { stripVTControlCharacters } from "node:util";
import { Refusal } from "@sluice/documents";
import { run } from "@sluice/process";
import type { Finding } from "./finding.ts";
import type { ScriptCheck, VerifyRequest } from "./request.ts";

const databaseAttempts = 3;
const databaseDelaySeconds = 2;
const databaseTimeoutSeconds = 10;
const shownLines = 8;

/** Asks whether the database can be reached, a few times, because a failover takes a moment. */
export async function checkDatabase(request: VerifyRequest): Promise<Finding> {
  const { clock, signal, database } = request;
  const about = { name: "database", kind: "database" } as const;
  let last: unknown;
  for (let attempt = 1; attempt <= databaseAttempts; attempt++) {
    try {
      const word = await withTimeout(database!, databaseTimeoutSeconds, signal);
      return { ...about, passed: true, attempts: attempt, message: word ?? "it can be reached" };
    } catch (error) {
      signal?.throwIfAborted();
      last = error;
    }
    if (attempt < databaseAttempts) await clock.sleep(databaseDelaySeconds * 1000, signal);
  }
  const problem = last instanceof Refusal ? last.problems[0] : undefined;
  return {
    ...about,
    passed: false,
    attempts: databaseAttempts,
    reasonCode: problem?.reasonCode ?? "verify.database-away",
    message: problem?.message ?? (last as Error).message,
    remedy: problem?.remedy ?? "Check its credentials, the network to it, and that it runs.",
  };
}

/** Does not wait for a callback that ignores its signal. */
async function withTimeout<T>(
  task: (signal: AbortSignal) => Promise<T>,
  seconds: number,
  outer: AbortSignal | undefined,
): Promise<T> {
  const timeout = AbortSignal.timeout(seconds * 1000);
  const signal = outer ? AbortSignal.any([outer, timeout]) : timeout;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(timeout.aborted ? new Error(`no answer within ${seconds} s`) : signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([task(signal), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** `ORDERS_URL` and so on: where a script, or another service, finds the services. */
export function urlVariables(
  services: readonly { name: string; url: string | null }[],
): Record<string, string> {
  return Object.fromEntries(
    services.flatMap(({ name, url }) =>
      url === null ? [] : [[`${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_URL`, url]],
    ),
  );
}

export const aboutScript = ({ name }: ScriptCheck) => ({ name: `script "${name}"`, kind: "script" }) as const;

/** Runs a check of the project's own. */
export async function checkScript(script: ScriptCheck, request: VerifyRequest): Promise<Finding> {
  const { services, signal, onProgress } = request;
  const about = { ...aboutScript(script), attempts: 1 };
  const lines: string[] = [];
  try {
    const result = await run(script.command, {
      cwd: script.cwd,
      env: { ...(script.env ?? process.env), ...urlVariables(services) },
      signal,
      timeoutSeconds: script.timeoutSeconds,
      captureLimit: 1,
      onLine: (line) => {
        lines.push(line);
        if (lines.length > shownLines) lines.shift();
        onProgress?.({ type: "output", text: line });
      },
    });
    const passed = result.exitCode === 0 && !result.isTimedOut;
    const how = result.isTimedOut
      ? `it was ended after ${script.timeoutSeconds} seconds`
      : `exit status ${result.exitCode} after ${result.seconds.toFixed(1)} s`;
    if (passed) return { ...about, passed, message: how };
    const output = stripVTControlCharacters(lines.join("\n")).trim();
    return {
      ...about,
      passed,
      reasonCode: "verify.script-failed",
      message: how,
      remedy: output ? `Its last lines:\n${output}` : "It printed nothing.",
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reasonCode, message, remedy } = error.problems[0];
    return { ...about, passed: false, reasonCode, message, remedy };
  }
}
