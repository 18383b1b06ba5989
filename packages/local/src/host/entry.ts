import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Backend } from "./backend.ts";
import { chooseFor, cookieFor } from "./choice.ts";
import type { FailureCause } from "./counters.ts";
import { Mirror } from "./mirror.ts";
import { type Outcome, relay, versionHeader } from "./relay.ts";
import type { Audience, Routes } from "./routes.ts";
import { passUpgrade } from "./upgrade.ts";

const statusOf: Partial<Record<FailureCause, number>> = {
  timeout: 504,
  "no-ready-replica": 503,
  "entry-closed": 503,
};

/** The public port of a service: takes requests and has them answered by the version whose turn it is. */
export class Entry {
  readonly #routes: Routes;
  readonly #server: Server;
  readonly #timeoutSeconds: number;
  readonly #lingerSeconds: number;
  readonly #mirror: Mirror;
  /** Connections that changed their protocol: the server knows nothing of them any more. */
  readonly #upgraded = new Set<Duplex>();
  #isClosing = false;

  /** @param lingerSeconds how long one side of an upgraded connection may be silent once the other has ended */
  constructor(routes: Routes, options: { timeoutSeconds: number; lingerSeconds?: number }) {
    const { timeoutSeconds, lingerSeconds = 10 } = options;
    this.#routes = routes;
    this.#timeoutSeconds = timeoutSeconds;
    this.#lingerSeconds = lingerSeconds;
    this.#mirror = new Mirror(routes, timeoutSeconds);
    this.#server = createServer({ noDelay: true }, (req, res) => {
      this.#serve(req, res).catch((error) => {
        console.error(`${routes.service}: ${(error as Error).stack}`);
        res.destroy();
      });
    });
    // Longer than clients keep idle connections: who closes first risks the request that is on its way.
    this.#server.keepAliveTimeout = 75_000;
    this.#server.on("upgrade", (req, socket, head) => this.#upgrade(req, socket, head));
  }

  /** @returns the port that it got @throws the error of listen(2): EADDRINUSE, EACCES */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host: "127.0.0.1", backlog: 1024 }, () => {
        this.#server.off("error", reject);
        this.#server.on("error", (error) => console.error(`${this.#routes.service}: ${error.message}`));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no more connections, answers what it has, and closes; after `seconds` it closes what is left. */
  async close(seconds: number): Promise<void> {
    if (!this.#server.listening) return;
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Connections become idle one after the other, and would be kept for a next request.
    const idle = setInterval(() => this.#server.closeIdleConnections(), 20);
    const timer = setTimeout(() => {
      this.#server.closeAllConnections();
      for (const socket of this.#upgraded) socket.destroy();
    }, seconds * 1000);
    await closed;
    clearInterval(idle);
    clearTimeout(timer);
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const began = performance.now();
    if (this.#isClosing) res.shouldKeepAlive = false;
    const answered = await this.#ask(req, res, began);
    if (answered.type === "answered" || res.destroyed) return;
    refuse(req, res, statusOf[answered.cause] ?? 502, answered.cause);
  }

  /** Asks the version that the request names, the one that its sender belongs to, or the one whose turn it is. */
  #ask(req: IncomingMessage, res: ServerResponse, began: number): Promise<Outcome> {
    const forced = req.headers[versionHeader];
    if (typeof forced === "string") return this.#askVersion(req, res, forced, null);
    const { audience, version } = chooseFor(req.headers, this.#routes);
    if (version === null) return this.#askInTurn(req, res, began, null);
    if (audience === "testers") return this.#askVersion(req, res, version, { began, audience });
    this.#routes.takeTurn(version);
    return this.#askInTurn(req, res, began, version);
  }

  /** Asks one version first, or the one whose turn it is, then others while that cannot repeat an effect. */
  async #askInTurn(
    req: IncomingMessage,
    res: ServerResponse,
    began: number,
    first: string | null,
  ): Promise<Outcome> {
    const failed = new Set<string>();
    let last: Outcome = { type: "failed", cause: "entry-closed", mayRepeat: true };
    for (;;) {
      const isFirst = failed.size === 0;
      const version = (isFirst ? first : null) ?? this.#routes.nextVersion(failed);
      if (version === null) return last;
      if (isFirst) this.#mirror.consider(req, version);
      last = await this.#askVersion(req, res, version, { began, audience: "users" });
      if (last.type === "answered" || !last.mayRepeat || res.destroyed) return last;
      failed.add(version);
    }
  }

  /** Asks the replicas of one version. @param counted when it came and of whom; null: it is not counted */
  async #askVersion(
    req: IncomingMessage,
    res: ServerResponse,
    version: string,
    counted: { began: number; audience: Audience } | null,
  ): Promise<Outcome> {
    const counter = counted && this.#routes.counter(version, counted.audience);
    const setCookie = counted?.audience === "users" ? cookieFor(req.headers, this.#routes, version) : null;
    const tried = new Set<Backend>();
    let outcome: Outcome = { type: "failed", cause: "no-ready-replica", mayRepeat: true };
    if (counter) counter.inFlight += 1;
    for (;;) {
      const backend = this.#routes.nextBackend(version, tried);
      if (backend === null) break;
      if (counter && tried.size > 0) counter.retries += 1;
      tried.add(backend);
      const end = backend.begin();
      outcome = await relay(req, res, backend, { timeoutSeconds: this.#timeoutSeconds, setCookie });
      end();
      if (outcome.type === "failed" && outcome.cause === "connect") backend.onUnreachable();
      if (outcome.type === "answered" || !outcome.mayRepeat) break;
    }
    if (counter && counted) {
      counter.inFlight -= 1;
      const status = outcome.type === "answered" ? outcome.status : (statusOf[outcome.cause] ?? 502);
      counter.count(status, (performance.now() - counted.began) / 1000, outcome.cause);
    }
    return outcome;
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const forced = req.headers[versionHeader];
    const version =
      typeof forced === "string"
        ? forced
        : (chooseFor(req.headers, this.#routes).version ?? this.#routes.nextVersion());
    const backend = version === null ? null : this.#routes.nextBackend(version);
    if (backend === null) socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    else {
      this.#upgraded.add(socket);
      socket.once("close", () => this.#upgraded.delete(socket));
      passUpgrade(req, socket, head, backend, this.#lingerSeconds);
    }
  }
}

function refuse(req: IncomingMessage, res: ServerResponse, status: number, cause: FailureCause): void {
  if (res.headersSent) return void res.destroy();
  // The body was not read, so the connection cannot serve another request.
  if (!req.complete) res.setHeader("Connection", "close");
  res.writeHead(status, { "Content-Type": "text/plain", "X-Sluice-Failure": cause });
  res.end(`No answer: ${cause}\n`);
}
