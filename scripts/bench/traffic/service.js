// The service that the traffic benches deploy. It answers in every way that HTTP knows; what is wrong with a version is
// said in its environment: `ERROR_SHARE` of the answers of `GET /` are 500. Which ones is a function of the number of
// the request and of `SEED`, so every run of a version fails at the same requests.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { randomShare } from "./random-share.js";

const { env } = process;
const version = env.DEPLOYMENT_VERSION;
const errorShare = Number(env.ERROR_SHARE ?? 0);
const share = randomShare(Number(env.SEED ?? 1));
let asked = 0;

const answers = {
  "/health": (_req, res) => res.end("{}"),
  "/": (_req, res, query) => {
    const isError = share(asked++) < errorShare;
    const text = `${version} ${query.get("n") ?? ""}`;
    const body = isError ? "failed" : text.padEnd(Number(query.get("bytes") ?? 0), ".");
    const answer = () =>
      res.writeHead(isError ? 500 : 200, { "Content-Length": Buffer.byteLength(body) }).end(body);
    const ms = Number(query.get("ms") ?? 0);
    if (ms > 0) setTimeout(answer, ms);
    else answer();
  },
  /** A line every `ms / lines`, and "end" as the last one. */
  "/stream": (_req, res, query) => {
    const lines = Number(query.get("lines"));
    let written = 0;
    const timer = setInterval(
      () => {
        res.write(`${"x".repeat(1000)}\n`);
        if (++written < lines) return;
        clearInterval(timer);
        res.end("end\n");
      },
      Number(query.get("ms")) / lines,
    );
    res.once("close", () => clearInterval(timer));
  },
  /** What was received: its size and its digest. */
  "/upload": (req, res) => {
    const hash = createHash("sha256");
    let bytes = 0;
    req.on("data", (chunk) => {
      bytes += chunk.length;
      hash.update(chunk);
    });
    req.on("end", () => res.end(`${bytes} ${hash.digest("hex")}`));
  },
};

const server = createServer((req, res) => {
  const url = new URL(req.url, "http://localhost");
  const answer = answers[url.pathname];
  if (answer) answer(req, res, url.searchParams);
  else res.writeHead(404).end();
});
// A protocol of its own: what comes in goes out, and after "bye" comes a farewell of 256 kB and the end.
server.on("upgrade", (_req, socket) => {
  socket.on("error", () => socket.destroy());
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  socket.on("data", (chunk) => {
    socket.write(chunk);
    if (chunk.includes("bye")) socket.end("z".repeat(256 * 1024));
  });
});
server.keepAliveTimeout = Number(env.KEEP_ALIVE_MS ?? 5000);
server.listen(Number(env.PORT), env.HOST);
process.on("SIGTERM", () => process.exit(0));
