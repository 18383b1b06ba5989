import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const BODY_LIMIT = 64 * 1024;

/** An answer other than 2xx that the caller can do something about. */
export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * An HTTP server that answers `routes` and, for whoever operates it, `/health` and `/metrics`.
 *
 * A route is `"GET /orders/:id": async ({ params, query, body, requestId }) => answer`, where an answer is
 * `{ status?, headers?, json }` or `{ status?, headers?, html }`.
 *
 * @param {object} options
 * @param {string} options.version         the version that this process runs
 * @param {Record<string, Function>} options.routes
 * @param {Record<string, () => Promise<unknown>>} [options.checks] what has to work for the service to be healthy
 * @param {ReturnType<import("./metrics.js").createMetrics>} options.metrics
 * @param {ReturnType<import("./logger.js").createLogger>} options.log
 */
export function createService({ version, routes, checks = {}, metrics, log }) {
  const table = Object.entries({
    ...routes,
    "GET /health": () => health(version, checks),
    "GET /metrics": () => ({ text: metrics.render() }),
  }).map(([key, handle]) => {
    const [method, route] = key.split(" ");
    return { method, route, pattern: patternOf(route), handle };
  });

  const server = createServer(async (request, response) => {
    const started = performance.now();
    const requestId = request.headers["x-request-id"] ?? randomUUID();
    const url = new URL(request.url, "http://localhost");
    const matches = table.filter(({ pattern }) => pattern.test(url.pathname));
    const found = matches.find(({ method }) => method === request.method);

    let answer;
    let error;
    try {
      if (!found)
        throw matches.length > 0 ? new HttpError(405, "method not allowed") : new HttpError(404, "not found");
      const body = await readBody(request);
      const { groups: params = {} } = found.pattern.exec(url.pathname);
      answer = await found.handle({ params, query: url.searchParams, body, requestId });
    } catch (thrown) {
      const status = thrown instanceof HttpError ? thrown.status : 500;
      if (status === 500) error = thrown.stack ?? String(thrown);
      answer = { status, json: { error: status === 500 ? "internal error" : thrown.message } };
    }

    const { status = 200, headers, content, type } = encode(answer);
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(content),
      "x-deployment-version": version,
      "x-request-id": requestId,
      // A server that is stopping takes no further request on this connection.
      ...(!server.listening && { connection: "close" }),
      ...headers,
    });
    response.end(content);

    const seconds = (performance.now() - started) / 1000;
    const route = found?.route ?? "unknown";
    if (route === "/health" || route === "/metrics") return;
    metrics.observe({ method: request.method, route, status, seconds });
    const line = {
      method: request.method,
      path: url.pathname,
      status,
      milliseconds: Math.round(seconds * 1e6) / 1e3,
      requestId,
    };
    if (error) log.error("request failed", { ...line, error });
    else log.info("request", line);
  });
  return server;
}

/** `/orders/:id` → an expression that names its parts. */
function patternOf(route) {
  return new RegExp(`^${route.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
}

async function health(version, checks) {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await check();
        return [name, "ok"];
      } catch (error) {
        return [name, error.message || error.code || "failed"];
      }
    }),
  );
  const isHealthy = results.every(([, state]) => state === "ok");
  return {
    status: isHealthy ? 200 : 503,
    json: { status: isHealthy ? "ok" : "failing", version, checks: Object.fromEntries(results) },
  };
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new HttpError(413, "body too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text === "") return {};
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "the body is not valid JSON");
  }
}

function encode({ json, html, text, ...answer }) {
  if (html !== undefined) return { ...answer, content: html, type: "text/html; charset=utf-8" };
  if (text !== undefined)
    return { ...answer, content: text, type: "text/plain; version=0.0.4; charset=utf-8" };
  return { ...answer, content: JSON.stringify(json ?? {}), type: "application/json; charset=utf-8" };
}
