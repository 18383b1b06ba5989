import { type AddressInfo, createServer } from "node:net";

const recent: number[] = [];

/** A port of the loopback interface that nobody listens on, and that was not given to anybody else lately. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen({ port: 0, host: "127.0.0.1" }, () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    });
    if (recent.includes(port)) continue;
    recent.push(port);
    if (recent.length > 100) recent.shift();
    return port;
  }
}
