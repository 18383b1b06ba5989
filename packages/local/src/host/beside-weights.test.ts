import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ask } from "../../test/environment.ts";
import { Backend } from "./backend.ts";
import { Entry } from "./entry.ts";
import { type Audience, Routes } from "./routes.ts";

let routes: Routes;
let entry: Entry;
let url: string;
const servers: Server[] = [];
const backends: Backend[] = [];
/** Requests that reached a version, in order. */
let reached: { version: string; req: IncomingMessage }[];

beforeEach(async () => {
  reached = [];
  routes = new Routes("orders");
  entry = new Entry(routes, { timeoutSeconds: 0.3 });
  url = `http://127.0.0.1:${await entry.listen(0)}`;
  await replica("1.0.0");
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  for (const backend of backends.splice(0)) backend.close();
  await entry.close(0);
});

/** A ready replica; `answer` may keep a request waiting or give it another status. */
async function replica(
  version: string,
  answer?: (req: IncomingMessage) => number | "never",
): Promise<Backend> {
  const server = createServer((req, res) => {
    reached.push({ version, req });
    const status = answer?.(req) ?? 200;
    if (status !== "never") res.writeHead(status).end(version);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const backend = new Backend(
    `${version}-${servers.length}`,
    version,
    (server.address() as AddressInfo).port,
  );
  backend.isReady = true;
  backends.push(backend);
  routes.add(backend);
  return backend;
}

const count = (version: string, audience: Audience = "users") => routes.counter(version, audience).read();
const versionsOf = async (requests: number, headers: Record<string, string> = {}) => {
  const seen: (string | undefined)[] = [];
  for (let i = 0; i < requests; i++) seen.push((await ask(url, { headers })).version);
  return seen;
};

describe("testers", () => {
  beforeEach(async () => {
    await replica("2.0.0");
    routes.setWeights({ "1.0.0": 100 });
  });

  test("with the header get the canary before it has any weight; everybody else does not (AR-28, R245)", async () => {
    routes.routing = { version: "2.0.0", testers: { header: "X-Canary", value: "yes" } };
    expect(await versionsOf(5, { "x-canary": "yes" })).toEqual(Array(5).fill("2.0.0"));
    expect(await versionsOf(5, { "x-canary": "no" })).toEqual(Array(5).fill("1.0.0"));
    expect(await versionsOf(5)).toEqual(Array(5).fill("1.0.0"));
  });

  test("with the header, whatever its value, where no value is asked for", async () => {
    routes.routing = { version: "2.0.0", testers: { header: "X-Canary" } };
    expect(await versionsOf(2, { "X-Canary": "anything" })).toEqual(["2.0.0", "2.0.0"]);
  });

  test("with the cookie, among others and encoded", async () => {
    routes.routing = { version: "2.0.0", testers: { cookie: "group", value: "a b" } };
    expect(await versionsOf(1, { Cookie: "session=x; group=a%20b" })).toEqual(["2.0.0"]);
    expect(await versionsOf(1, { Cookie: "session=x; group=c; broken=%E0%A4" })).toEqual(["1.0.0"]);
    expect(await versionsOf(1, { Cookie: "subgroup=a b" })).toEqual(["1.0.0"]);
  });

  test("are no sample of the users: they are counted apart", async () => {
    routes.routing = { version: "2.0.0", testers: { header: "X-Canary" } };
    await versionsOf(3, { "X-Canary": "1" });
    expect(count("2.0.0").requests).toBe(0);
    expect(count("2.0.0", "testers").requests).toBe(3);
  });

  test("are answered by the others when no replica of the canary is ready", async () => {
    routes.routing = { version: "2.0.0", testers: { header: "X-Canary" } };
    backends.find(({ version }) => version === "2.0.0")!.isReady = false;
    expect(await versionsOf(1, { "X-Canary": "1" })).toEqual(["1.0.0"]);
    expect(count("1.0.0").requests).toBe(1);
  });
});

describe("copies of requests", () => {
  const settled = (requests: number) =>
    vi.waitFor(() => expect(count("2.0.0", "mirror").requests).toBe(requests), { timeout: 5000 });

  test("of the configured share go to the canary, and the user sees nothing of it (AR-28)", async () => {
    await replica("2.0.0", () => 500);
    routes.setWeights({ "1.0.0": 100 });
    routes.routing = { version: "2.0.0", mirrorPercent: 20 };
    expect(await versionsOf(50)).toEqual(Array(50).fill("1.0.0"));
    await settled(10);
    expect(count("1.0.0")).toMatchObject({ requests: 50, errors: 0 });
    expect(count("2.0.0").requests).toBe(0);
    expect(count("2.0.0", "mirror")).toMatchObject({ requests: 10, errors: 10, inFlight: 0 });
  });

  test("are requests as the user sent them, and say that nobody sees the answer", async () => {
    await replica("2.0.0");
    routes.setWeights({ "1.0.0": 100 });
    routes.routing = { version: "2.0.0", mirrorPercent: 100 };
    await ask(`${url}/orders?limit=5`, { headers: { Authorization: "Bearer t" } });
    await settled(1);
    const [original, copy] = [...reached].sort((a, b) => a.version.localeCompare(b.version));
    expect(copy!.req.url).toBe("/orders?limit=5");
    expect(copy!.req.headers).toMatchObject({ authorization: "Bearer t", "x-sluice-mirror": "1" });
    expect(original!.req.headers).not.toHaveProperty("x-sluice-mirror");
  });

  test("are made of safe requests only", async () => {
    await replica("2.0.0");
    routes.setWeights({ "1.0.0": 100 });
    routes.routing = { version: "2.0.0", mirrorPercent: 100 };
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) await ask(url, { method, body: "x" });
    await ask(url, { method: "DELETE" });
    await ask(url, { method: "OPTIONS" });
    await settled(1);
    expect(reached.filter(({ version }) => version === "2.0.0").map(({ req }) => req.method)).toEqual([
      "OPTIONS",
    ]);
  });

  test("that are not answered hold up nobody, and are given up in their time", async () => {
    await replica("2.0.0", () => "never");
    routes.setWeights({ "1.0.0": 100 });
    routes.routing = { version: "2.0.0", mirrorPercent: 100 };
    expect((await ask(url)).status).toBe(200);
    await settled(1);
    expect(count("2.0.0", "mirror").failures).toEqual({ timeout: 1 });
  });

  test("are no more at once than the proxy can bear", async () => {
    await entry.close(0);
    entry = new Entry(routes, { timeoutSeconds: 60 });
    url = `http://127.0.0.1:${await entry.listen(0)}`;
    await replica("2.0.0", () => "never");
    routes.setWeights({ "1.0.0": 100 });
    routes.routing = { version: "2.0.0", mirrorPercent: 100 };
    await Promise.all(Array.from({ length: 150 }, () => ask(url)));
    expect(count("2.0.0", "mirror")).toMatchObject({ inFlight: 100, requests: 0 });
    expect(count("1.0.0")).toMatchObject({ requests: 150, errors: 0 });
  });
});

describe("a user that has seen the canary", () => {
  const cookieOf = (answer: { cookies: string[] }) => answer.cookies[0]?.split(";")[0];
  beforeEach(async () => {
    await replica("2.0.0");
    routes.setWeights({ "1.0.0": 75, "2.0.0": 25 });
    routes.routing = { version: "2.0.0", isSticky: true };
  });
  /** Asks as a new user each time, until the canary has answered. */
  async function meetCanary() {
    for (;;) {
      const answer = await ask(url);
      if (answer.version === "2.0.0") return answer;
      expect(answer.cookies).toEqual([]);
    }
  }

  test("keeps seeing it, and the cookie is set once (FL-07)", async () => {
    const met = await meetCanary();
    expect(met.cookies).toEqual(["sluice-orders=2.0.0; Path=/; HttpOnly; SameSite=Lax"]);
    for (let i = 0; i < 10; i++) {
      const again = await ask(url, { headers: { Cookie: `a=b; ${cookieOf(met)}` } });
      expect(again).toMatchObject({ version: "2.0.0", cookies: [] });
    }
  });

  test("takes turns of the canary, so that the shares stay right", async () => {
    const Cookie = cookieOf(await meetCanary())!;
    const before = count("2.0.0").requests;
    for (let i = 0; i < 100; i++) await ask(url, i % 10 === 0 ? { headers: { Cookie } } : {});
    expect(count("2.0.0").requests - before).toBeGreaterThanOrEqual(23);
    expect(count("2.0.0").requests - before).toBeLessThanOrEqual(27);
  });

  test.each([
    ["the canary lost its weight", () => routes.setWeights({ "1.0.0": 100 })],
    [
      "it was promoted",
      () => {
        routes.setWeights({ "2.0.0": 100 });
        routes.routing = null;
      },
    ],
    [
      "another version is rolled out",
      () => {
        routes.routing = { version: "3.0.0", isSticky: true };
      },
    ],
  ])("is let go when %s, and the cookie is removed (FL-07)", async (_, change) => {
    const Cookie = cookieOf(await meetCanary())!;
    change();
    const answer = await ask(url, { headers: { Cookie } });
    expect(answer.status).toBe(200);
    expect(answer.cookies).toEqual(["sluice-orders=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]);
  });

  test("is answered by the other version when no replica of the canary is ready", async () => {
    const Cookie = cookieOf(await meetCanary())!;
    backends.find(({ version }) => version === "2.0.0")!.isReady = false;
    expect(await ask(url, { headers: { Cookie } })).toMatchObject({ status: 200, version: "1.0.0" });
  });
});
