import { createHash } from "node:crypto";
import { Agent, type ClientRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Attempt, ask, exchange, now, parseAnswer, type Question } from "../traffic/exchange.ts";

/** One way in which clients use a service. */
export interface Kind {
  name: string;
  /** Times in a second that a client of this kind appears, for each 1,000 requests/s of the whole load. */
  perThousand: number;
  /** Clients that may be at it at once. */
  atOnce: number;
  /** What one client does; one entry for each request that it sent. */
  act(port: number): Promise<Attempt[]>;
}

/** Known to the phases: who sends it asks for the new version, where one takes testers. */
export const testerHeader = "x-tester";

const kept = new Agent({ keepAlive: true, maxSockets: 64 });
const keptForPosts = new Agent({ keepAlive: true, maxSockets: 16 });

/** Answers of the service begin with its version and say again what was asked. */
const saysAgain = (n: number) => (body: Buffer) =>
  body.toString("latin1").includes(` ${n}`) ? null : `wrong answer: ${body.toString("latin1", 0, 40)}`;

const piece = Buffer.alloc(8 * 1024, "sluice ");
const pieces = 12;
const whole = createHash("sha256");
for (let i = 0; i < pieces; i++) whole.update(piece);
const uploaded = `${pieces * piece.length} ${whole.digest("hex")}`;

/** Sends pieces of a body, one after the other, over the given time. */
const inPieces = (milliseconds: number) => async (outgoing: ClientRequest) => {
  for (let i = 0; i < pieces && !outgoing.destroyed; i++) {
    outgoing.write(piece);
    await sleep(milliseconds / pieces);
  }
  outgoing.end();
};
const isUploaded = (body: Buffer) =>
  String(body) === uploaded ? null : `wrong upload: ${body.toString("latin1", 0, 40)}`;

let asked = 0;

export const kinds: readonly Kind[] = [
  {
    name: "GET, kept connections",
    perThousand: 740,
    atOnce: 64,
    act: async (port) => {
      const n = ++asked;
      return [await ask({ port, path: `/?n=${n}&bytes=1024`, agent: kept, check: saysAgain(n) })];
    },
  },
  {
    name: "POST with a body, kept connections",
    perThousand: 80,
    atOnce: 16,
    act: async (port) => {
      const n = ++asked;
      const send = (outgoing: ClientRequest) => outgoing.end(`order ${n}`);
      const headers = { "Content-Length": String(`order ${n}`.length) };
      const path = `/?n=${n}`;
      const agent = keptForPosts;
      return [await ask({ port, path, agent, method: "POST", headers, send, check: saysAgain(n) })];
    },
  },
  {
    name: "GET, a new connection each",
    perThousand: 70,
    atOnce: 32,
    act: async (port) => {
      const n = ++asked;
      return [await ask({ port, path: `/?n=${n}`, agent: false, check: saysAgain(n) })];
    },
  },
  { name: "users who come back with a cookie", perThousand: 30, atOnce: 16, act: returningUser },
  {
    name: "testers, by a header",
    perThousand: 10,
    atOnce: 8,
    act: async (port) => {
      const n = ++asked;
      const headers = { [testerHeader]: "yes" };
      return [await ask({ port, path: `/?n=${n}`, headers, agent: kept, check: saysAgain(n) })];
    },
  },
  { name: "GET, pipelined by 8", perThousand: 5, atOnce: 4, act: (port) => pipeline(port, 8) },
  { name: "GET, HTTP/1.0", perThousand: 10, atOnce: 4, act: oldClient },
  {
    name: "answer after 3 s",
    perThousand: 5,
    atOnce: 64,
    act: async (port) => {
      const n = ++asked;
      return [await ask({ port, path: `/?ms=3000&n=${n}`, agent: false, check: saysAgain(n) })];
    },
  },
  {
    name: "answer streamed over 3 s",
    perThousand: 4,
    atOnce: 48,
    act: async (port) => {
      const check = (body: Buffer) =>
        body.length === 20 * 1001 + 4 ? null : `stream of ${body.length} bytes`;
      return [await ask({ port, path: "/stream?ms=3000&lines=20", agent: false, check })];
    },
  },
  {
    name: "upload over 3 s, chunked",
    perThousand: 3,
    atOnce: 32,
    act: async (port) => [
      await ask({
        port,
        path: "/upload",
        method: "POST",
        agent: false,
        send: inPieces(3000),
        check: isUploaded,
      }),
    ],
  },
  {
    name: "upload over 3 s, with a length",
    perThousand: 3,
    atOnce: 32,
    act: async (port) => {
      const headers = { "Content-Length": String(pieces * piece.length), Expect: "100-continue" };
      const send = (outgoing: ClientRequest) =>
        void outgoing.once("continue", () => inPieces(3000)(outgoing)).flushHeaders();
      return [
        await ask({ port, path: "/upload", method: "PUT", headers, agent: false, send, check: isUploaded }),
      ];
    },
  },
  { name: "connection kept idle for 4 s", perThousand: 2, atOnce: 32, act: idler },
  { name: "upgraded connection, 3 s", perThousand: 3, atOnce: 32, act: upgraded },
];

/** What each user was told to remember. */
const cookies = new Array<string>(100).fill("");

/** A user who sends back the cookie of the last answer, so that a version may keep them. */
async function returningUser(port: number): Promise<Attempt[]> {
  const n = ++asked;
  const user = n % cookies.length;
  const remember: NonNullable<Question["check"]> = (body, _, { headers }) => {
    const [cookie] = headers["set-cookie"] ?? [];
    if (cookie !== undefined) cookies[user] = cookie.includes("Max-Age=0") ? "" : cookie.split(";")[0]!;
    return saysAgain(n)(body);
  };
  const headers: Record<string, string> = cookies[user] ? { Cookie: cookies[user] } : {};
  return [await ask({ port, path: `/?n=${n}`, headers, agent: kept, check: remember })];
}

/** Several requests at once on one connection; the answers must come in their order. */
async function pipeline(port: number, count: number): Promise<Attempt[]> {
  const numbers = Array.from({ length: count }, () => ++asked);
  const text = numbers.map((n) => `GET /?n=${n} HTTP/1.1\r\nHost: bench\r\n\r\n`).join("");
  const { sentAt, versions, failure } = await exchange({
    port,
    text,
    read(received, isEnd) {
      const versions: (string | null)[] = [];
      for (let at = 0; ; ) {
        const answer = parseAnswer(received, at, isEnd);
        if (answer === null) return null;
        const wrong =
          answer.status !== 200
            ? `HTTP ${answer.status}`
            : saysAgain(numbers[versions.length]!)(Buffer.from(answer.body));
        if (wrong) return { versions, failure: wrong };
        versions.push(answer.version);
        if (versions.length === count) return { versions, failure: null };
        at = answer.end;
      }
    },
  });
  return numbers.map((_, i) => ({
    sentAt,
    answeredAt: now(),
    version: versions[i] ?? null,
    failure: i < versions.length ? null : (failure ?? "answer cut"),
  }));
}

/** A client of HTTP/1.0, which closes the connection after each answer. */
async function oldClient(port: number): Promise<Attempt[]> {
  const n = ++asked;
  const { sentAt, versions, failure } = await exchange({
    port,
    text: `GET /?n=${n} HTTP/1.0\r\n\r\n`,
    read(received, isEnd) {
      if (!isEnd) return null;
      const answer = parseAnswer(received, 0, isEnd);
      if (answer === null) return null;
      const wrong = answer.status !== 200 ? `HTTP ${answer.status}` : saysAgain(n)(Buffer.from(answer.body));
      return { versions: [answer.version], failure: wrong };
    },
  });
  return [{ sentAt, answeredAt: now(), version: versions[0] ?? null, failure }];
}

/** Asks three times on one connection, with pauses that are longer than a replica keeps idle connections. */
async function idler(port: number): Promise<Attempt[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const attempts: Attempt[] = [];
  for (let i = 0; i < 3; i++) {
    if (i > 0) await sleep(4000);
    const n = ++asked;
    const wasKept = (body: Buffer, outgoing: ClientRequest) =>
      saysAgain(n)(body) ?? (i === 0 || outgoing.reusedSocket ? null : "connection not kept");
    attempts.push(await ask({ port, path: `/?n=${n}`, agent, check: wasKept }));
  }
  agent.destroy();
  return attempts;
}

/** Changes the protocol, sends a message every 300 ms, each of which must come back, and takes leave. */
async function upgraded(port: number): Promise<Attempt[]> {
  const messages = 10;
  let head = -1;
  let isBegun = false;
  const expected = Array.from({ length: messages }, (_, i) => `message ${i}.`).join("");
  const { sentAt, versions, failure } = await exchange({
    port,
    text: "GET /echo HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
    read(received, isEnd, write) {
      if (head === -1) head = received.indexOf("\r\n\r\n");
      if (head === -1) return null;
      const status = received.toString("latin1", 9, 12);
      if (status !== "101") return { versions: [null], failure: `HTTP ${status}` };
      if (!isBegun) {
        isBegun = true;
        void talk(write, messages);
      }
      if (!isEnd) return null;
      const heard = received.toString("latin1", head + 4);
      const isWhole = heard === `${expected}bye${"z".repeat(256 * 1024)}`;
      return {
        versions: [null],
        failure: isWhole ? null : `upgraded connection cut after ${heard.length} bytes`,
      };
    },
  });
  return [{ sentAt, answeredAt: now(), version: versions[0] ?? null, failure }];
}

async function talk(write: (text: string) => void, messages: number): Promise<void> {
  for (let i = 0; i < messages; i++) {
    write(`message ${i}.`);
    await sleep(300);
  }
  write("bye");
}
