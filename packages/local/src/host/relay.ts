import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { Transform } from "node:stream";
import type { Backend } from "./backend.ts";
import type { FailureCause } from "./counters.ts";
import { forwardedHeaders } from "./headers.ts";

/** Names the version that must answer, for checks; such requests are not counted. In answers: who answered. */
export const versionHeader = "x-sluice-version";

const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** How one attempt to have a request answered ended. */
export type Outcome =
  | { type: "answered"; status: number; cause: FailureCause | null }
  /** Nothing was answered. `mayRepeat`: nothing of the request can have had an effect twice. */
  | { type: "failed"; cause: FailureCause; mayRepeat: boolean };

export interface RelayOptions {
  /** How long the head of the answer may take, from the newest piece of the request: an upload may last as it likes. */
  timeoutSeconds: number;
  /** A cookie for the client, as the value of `Set-Cookie`. */
  setCookie?: string | null;
}

export const hasBody = (req: IncomingMessage) =>
  req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;

/**
 * Sends a request to a replica and streams its answer to the client.
 *
 * A request that may be repeated goes over a kept connection; should that one have been closed by the replica in
 * the meantime, over a fresh one. Any other request gets a fresh connection and is sent when that stands, so
 * that it is never in doubt whether it was sent.
 */
export async function relay(
  req: IncomingMessage,
  res: ServerResponse,
  backend: Backend,
  options: RelayOptions,
): Promise<Outcome> {
  const mayRepeat = !hasBody(req) && idempotent.has(req.method ?? "");
  if (!mayRepeat) {
    const socket = await freshConnection(backend.port);
    if (socket === null) return { type: "failed", cause: "connect", mayRepeat: true };
    return attempt(req, res, backend, { ...options, mayRepeat, socket });
  }
  const outcome = await attempt(req, res, backend, { ...options, mayRepeat });
  if (outcome !== "stale") return outcome;
  const socket = await freshConnection(backend.port);
  if (socket === null) return { type: "failed", cause: "connect", mayRepeat };
  return attempt(req, res, backend, { ...options, mayRepeat, socket });
}

interface Attempt extends RelayOptions {
  mayRepeat: boolean;
  /** A connection that was made for this request. */
  socket?: Socket;
}
async function attempt(
  req: IncomingMessage,
  res: ServerResponse,
  backend: Backend,
  options: Attempt & { socket: Socket },
): Promise<Outcome>;
async function attempt(
  req: IncomingMessage,
  res: ServerResponse,
  backend: Backend,
  options: Attempt,
): Promise<Outcome | "stale">;
function attempt(
  req: IncomingMessage,
  res: ServerResponse,
  backend: Backend,
  { timeoutSeconds, setCookie, mayRepeat, socket }: Attempt,
): Promise<Outcome | "stale"> {
  return new Promise((resolve) => {
    if (res.destroyed) {
      socket?.destroy();
      return resolve({ type: "answered", status: 499, cause: "client-closed" });
    }
    const upstream = request({
      host: "127.0.0.1",
      port: backend.port,
      method: req.method,
      path: req.url,
      headers: [...requestHeaders(req), ...(socket ? ["Connection", "close"] : [])],
      setDefaultHeaders: false,
      ...(socket ? { createConnection: () => socket } : { agent: backend.agent }),
    });
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      upstream.destroy();
    }, timeoutSeconds * 1000);
    const onPiece = () => void timer.refresh();
    const stopTimer = () => {
      // A timer that was cleared would run again when it is refreshed.
      req.off("data", onPiece);
      clearTimeout(timer);
    };
    const finish = (outcome: Outcome | "stale") => {
      stopTimer();
      res.off("close", onClientClosed);
      resolve(outcome);
    };
    const onClientClosed = () => {
      upstream.destroy();
      finish({ type: "answered", status: 499, cause: "client-closed" });
    };
    res.once("close", onClientClosed);

    upstream.on("error", (error: NodeJS.ErrnoException) => {
      if (isTimedOut) return finish({ type: "failed", cause: "timeout", mayRepeat: false });
      if (upstream.reusedSocket && !socket) return finish("stale");
      const cause = error.code === "ECONNREFUSED" ? "connect" : "reset";
      finish({ type: "failed", cause, mayRepeat });
    });
    upstream.once("response", (answer) => {
      stopTimer();
      const status = answer.statusCode!;
      res.sendDate = false;
      res.writeHead(status, answer.statusMessage, [
        ...forwardedHeaders(answer.rawHeaders, [versionHeader]),
        versionHeader,
        backend.version,
        ...(setCookie ? ["Set-Cookie", setCookie] : []),
      ]);
      answer.pipe(res);
      answer.once("end", () => finish({ type: "answered", status, cause: null }));
      answer.once("error", () => {
        finish({ type: "answered", status, cause: "truncated" });
        res.destroy();
      });
    });
    if (!hasBody(req)) return void upstream.end();
    req.on("data", onPiece).pipe(readingFirst()).pipe(upstream);
    // What nobody takes any more is read all the same, so that the client comes to the end of it.
    upstream.once("close", () => req.unpipe().resume());
  });
}

/**
 * Passes a body on after what has arrived meanwhile was read. A replica may answer an upload early (413, 401) and close
 * the connection: to write first would fail on the closed connection, and the answer that is there would be lost.
 */
const readingFirst = () =>
  new Transform({ transform: (piece, _, done) => void setImmediate(done, null, piece) });

/** The headers of a request as a replica gets them. */
export function requestHeaders(req: IncomingMessage): string[] {
  const headers = forwardedHeaders(req.rawHeaders, [
    "expect",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    versionHeader,
  ]);
  const earlier = req.headers["x-forwarded-for"];
  const client = req.socket.remoteAddress ?? "unknown";
  headers.push("X-Forwarded-For", earlier ? `${earlier}, ${client}` : client);
  headers.push("X-Forwarded-Proto", "http");
  if (req.headers.host) headers.push("X-Forwarded-Host", req.headers.host);
  else headers.push("Host", "127.0.0.1");
  if (req.headers["transfer-encoding"]) headers.push("Transfer-Encoding", "chunked");
  return headers;
}

function freshConnection(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("connect", () => {
      socket.off("error", onError);
      resolve(socket);
    });
    const onError = () => resolve(null);
    socket.once("error", onError);
  });
}
