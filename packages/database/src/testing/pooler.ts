import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import pg from "pg";

/**
 * A connection pooler in transaction mode with a pool of one, as small as it can be: every client is
 * let in, and the one server connection belongs to whoever is in a transaction.
 */
export async function startPooler(url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const upstream = new pg.Client(url);
  upstream.on("error", () => {});
  await upstream.connect();
  const server = (upstream as unknown as { connection: { stream: Socket } }).connection.stream;
  server.removeAllListeners("data");

  let holder: Socket | null = null;
  const waiting: { client: Socket; data: Buffer }[] = [];
  const forward = () => {
    const next = waiting.findIndex(({ client }) => holder === null || holder === client);
    if (next === -1) return;
    const [{ client, data }] = waiting.splice(next, 1) as [{ client: Socket; data: Buffer }];
    holder = client;
    server.write(data);
  };
  let rest = Buffer.alloc(0);
  server.on("data", (data: Buffer) => {
    holder?.write(data);
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const length = rest.readUInt32BE(1) + 1;
      // ReadyForQuery outside of a transaction: the connection is free again.
      if (rest[0] === 0x5a && rest[5] === 0x49) holder = null;
      rest = rest.subarray(length);
    }
    forward();
  });

  const clients = new Set<Socket>();
  const listener = createServer((client) => {
    clients.add(client);
    client.on("error", () => {});
    client.once("data", () => {
      client.write(Buffer.from("R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I", "latin1"));
      client.on("data", (data: Buffer) => {
        if (data[0] === 0x58) return client.end();
        waiting.push({ client, data });
        forward();
      });
    });
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  return {
    url: url.replace(/@[^/]+\//, `@127.0.0.1:${port}/`),
    async stop() {
      for (const client of clients) client.destroy();
      server.destroy();
      await new Promise((done) => listener.close(done));
    },
  };
}
