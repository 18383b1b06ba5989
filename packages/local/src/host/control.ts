import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Refusal } from "@sluice/documents";
import type { Command, Routing } from "@sluice/ports";
import type { LocalEnvironment } from "./environment.ts";
import { metricsText } from "./prometheus.ts";
import type { Audience } from "./routes.ts";

export interface ControlOptions {
  token: string;
  environment: LocalEnvironment;
  /** Asked to stop everything; the answer is sent before it happens. */
  onShutdown(): void;
}

/** What a request to the control API is answered with: a value as JSON, or a text. */
type Answer = { body: unknown; status?: number } | { text: string };

/** Opens the control API on a free port of the loopback interface. @returns its port */
export async function openControl(options: ControlOptions): Promise<{ server: Server; port: number }> {
  const server = createServer((req, res) => void handle(req, res, options));
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function handle(req: IncomingMessage, res: ServerResponse, options: ControlOptions): Promise<void> {
  const path = new URL(req.url ?? "/", "http://localhost").pathname;
  // Counters are no secret, and a Prometheus server should be able to read them.
  if (path !== "/metrics" && !hasToken(req, options.token)) {
    res.writeHead(401, { "WWW-Authenticate": "Bearer", Connection: "close" }).end();
    return;
  }
  try {
    const answer = await route(req, path, options);
    if ("text" in answer) {
      res.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }).end(answer.text);
    } else send(res, answer.status ?? 200, answer.body);
  } catch (error) {
    if (error instanceof Refusal) return send(res, 409, { problems: error.problems });
    console.error((error as Error).stack);
    send(res, 500, { message: (error as Error).message });
  }
}

async function route(req: IncomingMessage, path: string, options: ControlOptions): Promise<Answer> {
  const { environment } = options;
  const [, collection, name, part] = path.split("/").map(decodeURIComponent);
  const asked = `${req.method} /${collection}${name === undefined ? "" : "/:service"}${part === undefined ? "" : `/${part}`}`;
  switch (asked) {
    case "GET /services":
      return { body: environment.services.map((service) => environment.observe(service)) };
    case "GET /services/:service":
      return { body: environment.observe(name!) };
    case "GET /services/:service/weights":
      return { body: environment.entries.routes(name!).weights };
    case "PUT /services/:service/weights":
      await environment.setWeights(name!, (await json(req)) as Record<string, number>);
      return { body: environment.entries.routes(name!).weights };
    case "PUT /services/:service/routing":
      await environment.setRouting(name!, (await json(req)) as Routing | null);
      return { body: environment.entries.routes(name!).routing };
    case "GET /services/:service/counters": {
      // Nothing is awaited in here: all versions are read at one instant.
      const routes = environment.entries.routes(name!);
      const read = (audience: Audience) =>
        Object.fromEntries([...routes.counters(audience)].map(([version, one]) => [version, one.read()]));
      return {
        body: { at: Date.now(), versions: read("users"), testers: read("testers"), mirror: read("mirror") },
      };
    }
    case "POST /commands":
      await environment.apply((await json(req)) as Command);
      return { body: {}, status: 202 };
    case "POST /shutdown":
      options.onShutdown();
      return { body: {}, status: 202 };
    case "GET /metrics":
      return { text: metricsText(environment.entries.all) };
    default:
      return { body: { message: `there is no ${asked}` }, status: 404 };
  }
}

function hasToken(req: IncomingMessage, token: string): boolean {
  const given = Buffer.from(req.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
