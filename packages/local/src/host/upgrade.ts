import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Backend } from "./backend.ts";

/** Hands a connection that changes its protocol (WebSocket) to a replica, byte by byte in both directions. */
export function passUpgrade(req: IncomingMessage, client: Duplex, head: Buffer, backend: Backend): void {
  const end = backend.begin();
  const upstream = connect({ port: backend.port, host: "127.0.0.1", noDelay: true });
  const close = () => {
    client.destroy();
    upstream.destroy();
    end();
  };
  for (const side of [client, upstream]) side.on("error", close).on("close", close);
  upstream.once("connect", () => {
    const lines = [`${req.method} ${req.url} HTTP/1.1`];
    for (let i = 0; i < req.rawHeaders.length; i += 2)
      lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
    upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  });
}
