import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
} from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ask } from "../../test/environment.ts";
import { Backend } from "./backend.ts";
import { Entry } from "./entry.ts";
import { Routes } from "./routes.ts";

let routes: Routes;
let entry: Entry;
let url: string;
const servers: (Server | TcpServer)[] = [];
const backends: Backend[] = [];

beforeEach(async () => {
  routes = new Routes("orders");
  entry = new Entry(routes, { timeoutSeconds: 0.3 });
  url = `http://127.0.0.1:${await entry.listen(0)}`;
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  }
  for (const backend of backends.splice(0)) backend.close();
  await entry.close(0);
});

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A ready replica that answers as it is told. */
async function replica(
  version: string,
  answer: (req: IncomingMessage, res: ServerResponse) => void = (_, res) => res.end(version),
): Promise<Backend> {
  return add(version, await listen(createServer(answer)));
}
function add(version: string, port: number): Backend {
  const backend = new Backend(`${version}-${port}`, version, port);
  backend.isReady = true;
  backends.push(backend);
  routes.add(backend);
  return backend;
}
/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const port = await listen(createTcpServer());
  await new Promise((resolve) => servers.pop()!.close(resolve));
  return port;
}
const count = (version: string) => routes.counter(version).read();

describe("a request goes on as it came", () => {
  test("with method, path, body, repeated headers; without those of the connection, with who asked", async () => {
    const seen: { method?: string; url?: string; raw?: string[]; body?: string } = {};
    await replica("1", (req, res) => {
      const chunks: Buffer[] = [];
      req.on("data", (chunk) => chunks.push(chunk));
      req.on("end", () => {
        Object.assign(seen, {
          method: req.method,
          url: req.url,
          raw: req.rawHeaders,
          body: String(Buffer.concat(chunks)),
        });
        res
          .writeHead(201, "Made", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Connection", "close"])
          .end("ok");
      });
    });
    routes.setWeights({ "1": 100 });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const req = request(`${url}/a%20b?c=d`, { method: "PATCH", agent: false }, resolve);
      for (const [name, value] of [
        ["X-One", "1"],
        ["Keep-Alive", "x"],
        ["X-Forwarded-For", "10.0.0.1"],
        ["Host", "shop.test"],
      ]) {
        req.setHeader(name!, value!);
      }
      req.setHeader("X-Two", ["a", "b"]);
      req.once("error", reject);
      req.write("first ");
      req.end("second");
    });
    answer.resume();
    expect(answer.statusCode).toBe(201);
    expect(answer.statusMessage).toBe("Made");
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.headers["x-sluice-version"]).toBe("1");
    expect(seen).toMatchObject({ method: "PATCH", url: "/a%20b?c=d", body: "first second" });
    const pairs = seen.raw!.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []));
    expect(pairs).toEqual(
      expect.arrayContaining([
        "X-One: 1",
        "X-Two: a",
        "X-Two: b",
        "Host: shop.test",
        "X-Forwarded-For: 10.0.0.1, 127.0.0.1",
        "X-Forwarded-Host: shop.test",
      ]),
    );
    expect(pairs.filter((pair) => pair.startsWith("Keep-Alive"))).toEqual([]);
  });

  test("an answer is passed on while it is being written", async () => {
    let finish = () => {};
    await replica("1", (_, res) => {
      res.write("early");
      finish = () => res.end("late");
    });
    routes.setWeights({ "1": 100 });
    const text = await new Promise<string>((resolve, reject) => {
      request(url, { agent: false }, (answer) => {
        let all = "";
        answer.on("data", (chunk) => {
          all += chunk;
          if (all === "early") finish();
        });
        answer.on("end", () => resolve(all));
      })
        .once("error", reject)
        .end();
    });
    expect(text).toBe("earlylate");
  });

  test("a connection that changes its protocol is passed through in both directions", async () => {
    const server = createServer();
    server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.pipe(socket);
    });
    const backend = add("1", await listen(server));
    routes.setWeights({ "1": 100 });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await vi.waitFor(() => expect(received).toContain("101 Switching"));
    expect(backend.inFlight).toBe(1);
    socket.write("ping");
    await vi.waitFor(() => expect(received).toContain("ping"));
    socket.destroy();
    await vi.waitFor(() => expect(backend.inFlight).toBe(0));
  });
});

describe("a connection that has changed its protocol", () => {
  /** A replica that never ends its side. @returns the socket of the client, once it has changed its protocol */
  async function upgraded(through: Entry) {
    const server = createServer();
    server.on("upgrade", (_, socket) => {
      socket.on("error", () => socket.destroy()).resume();
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    });
    const backend = add("1", await listen(server));
    routes.setWeights({ "1": 100 });
    const client = connect(await through.listen(0), "127.0.0.1").on("error", () => {});
    const switched = new Promise((resolve) => client.once("data", resolve));
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await switched;
    expect(backend.inFlight).toBe(1);
    return { client, backend };
  }

  test("holds no replica back when its client is gone, though the replica says nothing", async () => {
    const brief = new Entry(routes, { timeoutSeconds: 1, lingerSeconds: 0.05 });
    const { client, backend } = await upgraded(brief);
    client.end();
    await vi.waitFor(() => expect(backend.inFlight).toBe(0));
    await brief.close(0);
  });

  test("does not keep an entry from closing", async () => {
    const other = new Entry(routes, { timeoutSeconds: 1 });
    const { client, backend } = await upgraded(other);
    const closed = new Promise((resolve) => client.once("close", resolve));
    await other.close(0.05);
    await closed;
    await vi.waitFor(() => expect(backend.inFlight).toBe(0));
  });
});

describe("a replica that cannot be reached", () => {
  test("is passed over, is not asked again until it is healthy, and costs no request", async () => {
    const gone = add("1", await closedPort());
    let isNoticed = false;
    gone.onUnreachable = () => {
      isNoticed = true;
      gone.isReady = false;
    };
    await replica("1");
    routes.setWeights({ "1": 100 });
    for (const method of ["GET", "POST"]) {
      gone.isReady = true;
      const order = method === "POST" ? { method, body: "pay" } : { method };
      const answers = await Promise.all([ask(url, order), ask(url, order)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    }
    expect(isNoticed).toBe(true);
    expect(count("1")).toMatchObject({ requests: 4, errors: 0 });
    expect(count("1").retries).toBeGreaterThan(0);
  });

  test("lets another version answer when it was the only one, and is counted as an error of its version", async () => {
    await replica("1");
    add("2", await closedPort());
    routes.setWeights({ "1": 50, "2": 50 });
    for (let i = 0; i < 4; i++) expect((await ask(url)).body).toBe("1");
    expect(count("2")).toMatchObject({ requests: 2, errors: 2, failures: { connect: 2 } });
    expect(count("1")).toMatchObject({ requests: 4, errors: 0 });
  });

  test("and breaks the connection before it answers: GET is repeated, POST is not", async () => {
    const broken = createServer((req) => req.socket.destroy());
    add("1", await listen(broken));
    await replica("1");
    routes.setWeights({ "1": 100 });
    const gets = await Promise.all([ask(url), ask(url)]);
    expect(gets.map(({ status }) => status)).toEqual([200, 200]);
    const posts = [
      await ask(url, { method: "POST", body: "pay" }),
      await ask(url, { method: "POST", body: "pay" }),
    ];
    expect(posts.map(({ status }) => status).sort()).toEqual([200, 502]);
    expect(count("1").failures).toEqual({ reset: 1 });
  });

  test("and closes idle connections of its own accord costs no request, whatever the method", async () => {
    const server = createServer((req, res) => req.resume().on("end", () => res.end("ok")));
    server.keepAliveTimeout = 1;
    add("1", await listen(server));
    routes.setWeights({ "1": 100 });
    for (let i = 0; i < 30; i++) {
      expect((await ask(url)).status).toBe(200);
      expect((await ask(url, { method: "POST", body: "x" })).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, i % 4));
    }
    expect(count("1")).toMatchObject({ requests: 60, errors: 0 });
  });
});

describe("what has no good answer is counted by its cause", () => {
  test("an answer that breaks off", async () => {
    await replica("1", (req, res) => {
      res.writeHead(200, { "Content-Length": "100" }).write("half");
      setTimeout(() => req.socket.destroy(), 10);
    });
    routes.setWeights({ "1": 100 });
    await expect(ask(url)).rejects.toThrow();
    await vi.waitFor(() =>
      expect(count("1")).toMatchObject({ requests: 1, errors: 1, failures: { truncated: 1 } }),
    );
  });

  test("no answer in time", async () => {
    await replica("1", () => {});
    routes.setWeights({ "1": 100 });
    expect((await ask(url)).status).toBe(504);
    expect(count("1")).toMatchObject({
      requests: 1,
      errors: 1,
      failures: { timeout: 1 },
      byStatus: { 504: 1 },
    });
  });

  test("an upload may last longer than an answer may take, as long as it goes on", async () => {
    await replica("1", (req, res) => void req.resume().on("end", () => res.end("whole")));
    routes.setWeights({ "1": 100 });
    const patient = new Entry(routes, { timeoutSeconds: 1 });
    const port = await patient.listen(0);
    const began = performance.now();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const req = request({ host: "127.0.0.1", port, method: "POST", agent: false }, resolve);
      req.once("error", reject);
      const timer = setInterval(() => {
        req.write("piece");
        if (performance.now() - began < 1500) return;
        clearInterval(timer);
        req.end();
      }, 50);
    });
    expect(answer.resume().statusCode).toBe(200);
    await patient.close(0);
  });

  test("an upload that is answered early and cut off: the client gets that answer and can ask again", async () => {
    await replica("1", (_, res) => res.writeHead(413, { Connection: "close" }).end("too large"));
    routes.setWeights({ "1": 100 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 10; i++) {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const req = request(url, { method: "POST", agent }, resolve).once("error", reject);
        for (let piece = 0; piece < 30; piece++) req.write(Buffer.alloc(65_536));
        req.end();
      });
      expect(answer.resume().statusCode).toBe(413);
    }
    expect(count("1")).toMatchObject({ requests: 10, errors: 0 });
    agent.destroy();
  });

  test("a client that goes away is no error, but its waiting is counted", async () => {
    let isAsked = false;
    const backend = await replica("1", () => {
      isAsked = true;
    });
    routes.setWeights({ "1": 100 });
    const req = request(url, { agent: false }).on("error", () => {});
    req.end();
    await vi.waitFor(() => expect(isAsked).toBe(true));
    req.destroy();
    await vi.waitFor(() =>
      expect(count("1")).toMatchObject({ requests: 1, errors: 0, failures: { "client-closed": 1 } }),
    );
    expect(backend.inFlight).toBe(0);
  });

  test("no replica that is ready: 503, and never one that is not ready", async () => {
    const backend = await replica("1");
    backend.isReady = false;
    routes.setWeights({ "1": 100 });
    const answer = await ask(url);
    expect(answer).toMatchObject({ status: 503, body: "No answer: no-ready-replica\n" });
    expect(count("1")).toMatchObject({ errors: 1, failures: { "no-ready-replica": 1 } });
  });

  test("an entry without shares answers 503 and counts for nobody", async () => {
    await replica("1");
    expect(await ask(url)).toMatchObject({ status: 503, body: "No answer: entry-closed\n" });
    expect(count("1").requests).toBe(0);
  });

  test("a version with a share and no ready replica leaves its turn to the others", async () => {
    (await replica("2")).isReady = false;
    await replica("1");
    routes.setWeights({ "1": 95, "2": 5 });
    for (let i = 0; i < 40; i++) expect((await ask(url)).body).toBe("1");
    expect(count("2").requests).toBe(0);
  });
});

test("a check can ask for a version by name, with or without a share, and is not counted", async () => {
  await replica("1");
  await replica("2");
  routes.setWeights({ "1": 100 });
  expect((await ask(url, { headers: { "x-sluice-version": "2" } })).body).toBe("2");
  expect((await ask(url, { headers: { "x-sluice-version": "3" } })).status).toBe(503);
  expect([count("1").requests, count("2").requests]).toEqual([0, 0]);
});

test("an entry that closes answers what it was asked and does not wait for connections that are kept", async () => {
  let answer = () => {};
  await replica("1", (_, res) => {
    answer = () => res.end("done");
  });
  routes.setWeights({ "1": 100 });
  const agent = new Agent({ keepAlive: true });
  const asked = ask(url, { agent });
  await vi.waitFor(() => expect(count("1").inFlight).toBe(1));
  const closed = entry.close(3600);
  await vi.waitFor(() => expect(ask(url)).rejects.toMatchObject({ code: "ECONNREFUSED" }));
  answer();
  expect((await asked).body).toBe("done");
  await closed;
  agent.destroy();
});

test("replicas of a version share its requests evenly", async () => {
  const asked = [0, 0, 0];
  for (const i of [0, 1, 2]) {
    await replica("1", (_, res) => {
      asked[i]! += 1;
      res.end();
    });
  }
  routes.setWeights({ "1": 100 });
  for (let i = 0; i < 30; i++) await ask(url);
  expect(asked).toEqual([10, 10, 10]);
});
