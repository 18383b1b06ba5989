import { type IncomingMessage, request } from "node:http";
import type { Backend } from "./backend.ts";
import { hasBody, requestHeaders } from "./relay.ts";
import type { Routes } from "./routes.ts";

/** Methods that change nothing (RFC 9110, section 9.2.1), so that a copy of them does no harm. */
const safe = new Set(["GET", "HEAD", "OPTIONS"]);

/** Copies that may be on their way at once; more would be a load on the proxy for nobody's good. */
const mostInFlight = 100;

/** Tells a service that nobody sees its answer. */
const mirrorHeader = "X-Sluice-Mirror";

/** Sends copies of a share of the requests of users to one version and throws the answers away. */
export class Mirror {
  readonly #routes: Routes;
  readonly #timeoutSeconds: number;
  #inFlight = 0;
  /** Percent that have come together since the last copy. */
  #due = 0;

  constructor(routes: Routes, timeoutSeconds: number) {
    this.#routes = routes;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** Copies a request that `answering` is about to answer, if it is this one's turn. */
  consider(req: IncomingMessage, answering: string): void {
    const { routing } = this.#routes;
    if (!routing?.mirrorPercent || routing.version === answering || !isCopyable(req)) return;
    this.#due += routing.mirrorPercent;
    if (this.#due < 100) return;
    this.#due -= 100;
    const backend = this.#inFlight < mostInFlight ? this.#routes.nextBackend(routing.version) : null;
    if (backend) this.#copy(req, backend);
  }

  #copy(req: IncomingMessage, backend: Backend): void {
    const began = performance.now();
    const counter = this.#routes.counter(backend.version, "mirror");
    const end = backend.begin();
    this.#inFlight += 1;
    counter.inFlight += 1;
    let isOver = false;
    const finish = (status: number, cause: "timeout" | "reset" | "truncated" | null) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      end();
      this.#inFlight -= 1;
      counter.inFlight -= 1;
      counter.count(status, (performance.now() - began) / 1000, cause);
    };
    const copy = request({
      host: "127.0.0.1",
      port: backend.port,
      method: req.method,
      path: req.url,
      headers: [...requestHeaders(req), mirrorHeader, "1"],
      setDefaultHeaders: false,
      agent: backend.agent,
    });
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      copy.destroy();
    }, this.#timeoutSeconds * 1000);
    copy.on("error", () => finish(isTimedOut ? 504 : 502, isTimedOut ? "timeout" : "reset"));
    copy.once("response", (answer) => {
      const status = answer.statusCode!;
      answer.once("end", () => finish(status, null));
      answer.once("error", () => finish(status, isTimedOut ? "timeout" : "truncated"));
      answer.resume();
    });
    copy.end();
  }
}

const isCopyable = (req: IncomingMessage): boolean => safe.has(req.method ?? "") && !hasBody(req);
