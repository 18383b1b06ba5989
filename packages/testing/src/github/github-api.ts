import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { recordRoutes } from "./deployment-routes.ts";
import { GitObjects } from "./git-objects.ts";
import { gitRoutes } from "./git-routes.ts";
import {
  type Answer,
  type Call,
  matchPath,
  notFound,
  problem,
  type Repository,
  type Route,
} from "./routes.ts";

export interface RecordedRequest extends Call {
  /** Status that was answered; 0 when the connection was cut. */
  answered: number;
}

/** A fault that is injected: what matches is answered by it instead, `times` times. */
export interface Fault {
  method?: string;
  path?: RegExp;
  times?: number;
  /** The connection is cut: before the call has an effect, or after it, so that only the answer is lost. */
  cut?: "before" | "after";
  answer?: Answer;
}

export interface FakeGitHub {
  /** What `GITHUB_API_URL` is set to. */
  readonly url: string;
  readonly token: string;
  readonly repository: Repository;
  readonly requests: RecordedRequest[];
  /** The next matching calls fail in that way. */
  fail(fault: Fault): void;
  close(): Promise<void>;
}

const routes: readonly Route[] = [
  ...gitRoutes,
  ...recordRoutes,
  [
    "GET",
    "",
    (_, __, { owner, repo }) => ({
      status: 200,
      body: { name: repo, full_name: `${owner}/${repo}`, default_branch: "main", private: true },
    }),
  ],
];

/**
 * GitHub's REST API as far as Sluice calls it: a real HTTP server on loopback with real state behind it.
 * It answers a call that it does not know with 501, so that a test cannot pass by accident.
 */
export async function startFakeGitHub(
  options: { owner?: string; repo?: string; token?: string } = {},
): Promise<FakeGitHub> {
  const { owner = "acme", repo = "shop", token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz" } = options;
  const repository: Repository = { owner, repo, git: new GitObjects(), deployments: [], comments: [] };
  const requests: RecordedRequest[] = [];
  const faults: Required<Pick<Fault, "times">>[] & Fault[] = [];

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const url = new URL(request.url ?? "/", "http://github.test");
      const call: Call = {
        method: request.method ?? "GET",
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: request.headers,
        body,
      };
      const fault = takeFault(faults, call);
      if (fault?.cut === "before") return cut(call);
      const answer = fault?.answer ?? answerCall(call, repository, token);
      if (fault?.cut === "after") return cut(call);
      requests.push({ ...call, answered: answer.status });
      send(response, answer);
    });
    const cut = (call: Call) => {
      requests.push({ ...call, answered: 0 });
      request.socket.destroy();
    };
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    repository,
    requests,
    fail: (fault) => faults.push({ times: 1, ...fault }),
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

function answerCall(call: Call, repository: Repository, token: string): Answer {
  const authorization = String(call.headers.authorization ?? "");
  if (![`token ${token}`, `bearer ${token}`, `Bearer ${token}`].includes(authorization)) {
    return problem(401, "Bad credentials");
  }
  const prefix = `/repos/${repository.owner}/${repository.repo}`;
  if (call.path !== prefix && !call.path.startsWith(`${prefix}/`)) return notFound();
  const path = call.path.slice(prefix.length + 1);
  for (const [method, pattern, handler] of routes) {
    const match = method === call.method ? matchPath(pattern, path) : null;
    if (match) return handler(call, match, repository);
  }
  return problem(501, `The fake does not know ${call.method} ${call.path}`);
}

function takeFault(faults: Fault[], call: Call): Fault | undefined {
  const fault = faults.find(
    (candidate) =>
      (candidate.times ?? 0) > 0 &&
      (candidate.method ?? call.method) === call.method &&
      (candidate.path?.test(call.path) ?? true),
  );
  if (fault) fault.times = (fault.times ?? 1) - 1;
  return fault;
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  const isRaw = Buffer.isBuffer(body);
  const bytes = isRaw ? body : Buffer.from(body === undefined ? "" : JSON.stringify(body));
  response.writeHead(status, {
    "content-type": isRaw ? "application/vnd.github.raw+json" : "application/json; charset=utf-8",
    "x-github-request-id": "FA4E:0000",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    ...headers,
  });
  response.end(bytes);
}
