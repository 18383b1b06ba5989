import { type Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

/** How one request ended, as the client saw it. */
export interface Attempt {
  /** Milliseconds since 1970 when it was sent, and when its last byte was there. */
  sentAt: number;
  answeredAt: number;
  /** Who answered, as the entry says it; null where nobody did. */
  version: string | null;
  /** Why it counts as lost, in a few words; null when it was answered whole and well. */
  failure: string | null;
}

/** How long nothing may happen before a request counts as lost; far above the slowest answer. */
const patienceMilliseconds = 30_000;

export interface Question {
  port: number;
  path: string;
  agent: Agent | false;
  method?: string;
  headers?: Record<string, string>;
  /** Sends the body; without it there is none. */
  send?: (outgoing: ClientRequest) => void;
  /** What is wrong with a whole answer of status 200; null when nothing is. */
  check?: (body: Buffer, outgoing: ClientRequest, incoming: IncomingMessage) => string | null;
}

/** Sends one request and reads its answer to the last byte. Never rejects. */
export function ask({ port, path, agent, method = "GET", headers, send, check }: Question): Promise<Attempt> {
  return new Promise((done) => {
    const sentAt = now();
    let version: string | null = null;
    let isOver = false;
    const end = (failure: string | null) => {
      if (isOver) return;
      isOver = true;
      done({ sentAt, answeredAt: now(), version, failure });
    };
    const options = { host: "127.0.0.1", port, path, method, headers, agent, timeout: patienceMilliseconds };
    const outgoing = request(options, (incoming: IncomingMessage) => {
      version = (incoming.headers["x-sluice-version"] as string | undefined) ?? null;
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("error", (error) => end(`answer cut: ${codeOf(error)}`));
      incoming.on("end", () => {
        if (!incoming.complete) return end("answer cut");
        if (incoming.statusCode !== 200) return end(`HTTP ${incoming.statusCode}`);
        end(check?.(Buffer.concat(chunks), outgoing, incoming) ?? null);
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.on("error", (error) => end(codeOf(error)));
    if (send) send(outgoing);
    else outgoing.end();
  });
}

/** What is said on a connection of one's own. `read` sees all that has come so far. */
interface RawOptions {
  port: number;
  text: string;
  /** Returns who answered each request well, and why it could not go on; null waits for more. */
  read: (received: Buffer, isEnd: boolean, write: (text: string) => void) => RawResult | null;
}
type RawResult = { versions: (string | null)[]; failure: string | null };

/** Writes text to a connection of its own, for what an HTTP client does not do, and reads until `read` is content. Never rejects. */
export function exchange({ port, text, read }: RawOptions): Promise<RawResult & { sentAt: number }> {
  return new Promise((done) => {
    const sentAt = now();
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const end = (result: RawResult) => {
      socket.destroy();
      done({ ...result, sentAt });
    };
    const look = (isEnd: boolean) => {
      const result = read(Buffer.concat(chunks), isEnd, (more) => socket.write(more));
      if (result) end(result);
      else if (isEnd) end({ versions: [], failure: "answer cut" });
    };
    socket.setTimeout(patienceMilliseconds, () => end({ versions: [], failure: "no answer" }));
    socket.on("error", (error) => end({ versions: [], failure: codeOf(error) }));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      look(false);
    });
    socket.on("end", () => look(true));
    socket.write(text);
  });
}

interface RawAnswer {
  status: number;
  version: string | null;
  body: string;
  /** Where the next answer begins. */
  end: number;
}

/**
 * The answer that begins at `start`; null when it is not whole yet. Without a length it ends with the connection, but
 * of an answer other than 200 the status is all that counts.
 */
export function parseAnswer(received: Buffer, start: number, isEnd: boolean): RawAnswer | null {
  const head = received.indexOf("\r\n\r\n", start);
  if (head === -1) return null;
  const text = received.toString("latin1", start, head);
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, "im").exec(text)?.[1]?.trim();
  const length = header("content-length");
  const status = Number(text.split(" ")[1]);
  if (length === undefined && !isEnd && status === 200) return null;
  const bodyEnd = length === undefined ? received.length : head + 4 + Number(length);
  if (received.length < bodyEnd) return null;
  return {
    status,
    version: header("x-sluice-version") ?? null,
    body: received.toString("latin1", head + 4, bodyEnd),
    end: bodyEnd,
  };
}

export const now = () => performance.timeOrigin + performance.now();

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;
