import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** What came back from a request, or why nothing did. */
export type Answer =
  | { isAnswer: true; status: number; headers: IncomingHttpHeaders; body: string; milliseconds: number }
  | { isAnswer: false; reason: string };

export interface Question {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  timeoutSeconds: number;
  signal?: AbortSignal;
}

/** Bytes of a body that are read; a longer one is cut. */
const bodyLimit = 8 * 1024 * 1024;

/**
 * One HTTP request, on a connection of its own. An answer is an answer whatever its status; no answer is told in words:
 * refused, timed out, no such host. Redirects are not followed.
 *
 * Made with `node:http`, because `fetch` refuses some ports that a service may well have (6000, 10080).
 *
 * @throws the reason of `signal` when it is aborted
 */
export async function ask(base: string, path: string, question: Question): Promise<Answer> {
  const { timeoutSeconds, signal } = question;
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const began = performance.now();
  try {
    const url = new URL(`${base.replace(/\/+$/, "")}${path}`);
    const response = await send(url, question, signal ? AbortSignal.any([signal, timeout]) : timeout);
    const body = await readText(response);
    const milliseconds = performance.now() - began;
    return { isAnswer: true, status: response.statusCode!, headers: response.headers, body, milliseconds };
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted) return { isAnswer: false, reason: `no answer within ${timeoutSeconds} s` };
    return { isAnswer: false, reason: reasonOf(error as NodeJS.ErrnoException) };
  }
}

function send(
  url: URL,
  { method = "GET", headers, body }: Question,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    request(url, { method, headers: { "user-agent": "sluice", ...headers }, agent: false, signal }, resolve)
      .on("error", reject)
      .end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bodyLimit) break; // ends the connection as well
  }
  return Buffer.concat(chunks).toString("utf8", 0, bodyLimit);
}

const words: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection closed before the answer",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name of the host cannot be looked up",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "connection timed out",
};

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  const text = code && words[code];
  return text ? `${text} (${code})` : message || code || "the request failed";
}
