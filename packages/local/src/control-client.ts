import { request } from "node:http";
import { text } from "node:stream/consumers";
import { type Problem, Refusal } from "@sluice/documents";
import type { HostFile } from "./host-file.ts";
import { otherVersion } from "./other-version.ts";

/** The host did not answer, though its process was there. */
export class HostAway extends Error {
  override readonly name = "HostAway";
}

/**
 * Calls the control API of a host.
 *
 * @returns the answer
 * @throws Refusal as the host refused @throws HostAway when it does not answer @throws the reason of the signal
 */
export async function callHost<T>(
  host: HostFile,
  method: "GET" | "PUT" | "POST",
  path: string,
  {
    body,
    signal,
    timeoutSeconds = 30,
  }: { body?: unknown; signal?: AbortSignal; timeoutSeconds?: number } = {},
): Promise<T> {
  signal?.throwIfAborted();
  const { status, content } = await send(host, method, path, body, timeoutSeconds, signal);
  let answer: { problems?: [Problem, ...Problem[]]; message?: string };
  try {
    answer = JSON.parse(content);
  } catch (error) {
    throw new HostAway(`the answer to ${method} ${path} is not JSON (status ${status})`, { cause: error });
  }
  if (status < 300) return answer as T;
  if (status === 404) throw otherVersion(`${method} ${path}`);
  if (answer.problems) throw new Refusal(answer.problems);
  throw new HostAway(`${method} ${path} was answered with ${status}: ${answer.message ?? content}`);
}

async function send(
  host: HostFile,
  method: string,
  path: string,
  body: unknown,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<{ status: number; content: string }> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    return await new Promise((resolve, reject) => {
      const req = request({
        host: "127.0.0.1",
        port: host.port,
        method,
        path,
        agent: false,
        headers: { Authorization: `Bearer ${host.token}`, "Content-Type": "application/json" },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      req.once("error", reject);
      req.once("response", (answer) => {
        text(answer).then((content) => resolve({ status: answer.statusCode!, content }), reject);
      });
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  } catch (error) {
    signal?.throwIfAborted();
    const why = timeout.aborted ? `no answer in ${timeoutSeconds} s` : (error as Error).message;
    throw new HostAway(`${method} ${path}: ${why}`, { cause: error });
  }
}
