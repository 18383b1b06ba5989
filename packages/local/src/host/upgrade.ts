import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Backend } from "./backend.ts";

/**
 * Hands a connection that changes its protocol (WebSocket) to a replica, byte by byte in both directions. It is over
 * when both sides have ended, or when one has and the other, which may have something left to say, is silent for
 * `lingerSeconds`: a client that is gone and one that only has nothing more to say look the same.
 */
export function passUpgrade(
  req: IncomingMessage,
  client: Duplex,
  head: Buffer,
  backend: Backend,
  lingerSeconds: number,
): void {
  const end = backend.begin();
  const upstream = connect({ port: backend.port, host: "127.0.0.1", noDelay: true });
  let silence: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(silence);
    client.destroy();
    upstream.destroy();
    end();
  };
  const linger = () => {
    if (!client.destroyed) silence ??= setTimeout(close, lingerSeconds * 1000);
  };
  const onSign = () => {
    if (!client.destroyed) silence?.refresh();
  };
  for (const side of [client, upstream]) side.on("error", close).on("end", linger).on("drain", onSign);
  client.on("close", close);
  // What the replica said last may still be on its way to the client.
  upstream.on("close", linger);
  upstream.once("connect", () => {
    const lines = [`${req.method} ${req.url} HTTP/1.1`];
    for (let i = 0; i < req.rawHeaders.length; i += 2)
      lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
    upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
    upstream.write(head);
    client.pipe(upstream).pipe(client);
    for (const side of [client, upstream]) side.on("data", onSign);
  });
}
