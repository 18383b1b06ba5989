import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A real HTTP server on loopback for one test, with what it was asked. */
export async function serve(
  answer: (request: Seen, response: ServerResponse, count: number) => void | Promise<void>,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const question = { method: request.method!, path: request.url!, headers: request.headers, body };
    seen.push(question);
    const count = seen.filter(({ path }) => path === question.path).length;
    await answer(question, response, count);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

export const metricsOf = (version: string) =>
  `# TYPE deployment_version gauge\ndeployment_version{version="${version}"} 1\nhttp_requests_total 7\n`;

/** A service that does all that is asked of one: `/health`, `/metrics`, and a list of orders. */
export function wellBehaved(version: string) {
  const orders: unknown[] = [];
  return serve(({ method, path, body }, response) => {
    response.setHeader("x-deployment-version", version);
    if (path === "/health") return void response.end('{"status":"ok"}');
    if (path === "/metrics") return void response.end(metricsOf(version));
    if (path === "/orders" && method === "POST") {
      orders.push(JSON.parse(body));
      return void response.writeHead(201, { location: `/orders/${orders.length}` }).end(body);
    }
    if (path === "/orders") return void response.end(JSON.stringify({ items: orders }));
    if (path === "/old") return void response.writeHead(302, { location: "/orders" }).end();
    response.writeHead(404).end("not found");
  });
}
