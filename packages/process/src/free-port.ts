import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";

/** Lowest port that is given away: above those that well-known services use. */
const lowest = 20_000;
const recent: number[] = [];

/**
 * A port of the loopback interface that nobody listens on, and that was not given to anybody else lately.
 *
 * It lies below the ports that the system takes for the near ends of connections: one of those may be taken by any
 * connection before the program that it is meant for has started to listen.
 */
export async function freePort(): Promise<number> {
  const end = firstEphemeral();
  for (let attempt = 0; ; attempt++) {
    // Where the system has them nearly all, or nearly all are taken, it has to choose.
    const wanted = end - lowest < 1000 || attempt >= 200 ? 0 : randomInt(lowest, end);
    if (recent.includes(wanted)) continue;
    const port = await boundFor(wanted);
    if (port === null || recent.includes(port)) continue;
    recent.push(port);
    if (recent.length > 100) recent.shift();
    return port;
  }
}

/** The first port for the near ends of connections; where the system does not say, that of RFC 6335. */
function firstEphemeral(): number {
  try {
    return Number(/^\d+/.exec(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"))?.[0] ?? 49_152);
  } catch {
    return 49_152;
  }
}

/** Listens on a port for a moment, on any when it is 0; null when it is taken. */
function boundFor(wanted: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    server.listen({ port: wanted, host: "127.0.0.1" }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
