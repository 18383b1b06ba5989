import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { matchRecord, type OsvRecord } from "@sluice/vulnerability";
import { onTestFinished } from "vitest";

export interface OsvServer {
  url: string;
  /** Method and path of each request, in order. */
  requests: string[];
  /** Asked first for each request; true: it has answered itself. */
  intercept: (request: IncomingMessage, response: ServerResponse, count: number) => boolean;
}

interface Query {
  package: { ecosystem: string; name: string };
  version: string;
  page_token?: string;
}

/** A server on loopback that speaks the protocol of the OSV API: batches with pages, and single records. */
export async function startOsvServer(records: readonly OsvRecord[], pageSize = 1000): Promise<OsvServer> {
  const state: OsvServer = { url: "", requests: [], intercept: () => false };
  const server = createServer(async (request, response) => {
    state.requests.push(`${request.method} ${request.url}`);
    if (state.intercept(request, response, state.requests.length)) return;
    const send = (value: unknown, status = 200) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (request.url === "/v1/querybatch") {
      const { queries } = JSON.parse(await text(request)) as { queries: Query[] };
      if (queries.length > 1000) return send({ code: 3, message: "Too many queries." }, 400);
      const results = queries.map(({ package: { ecosystem, name }, version, page_token = "0" }) => {
        const vulns = records
          .filter((record) => matchRecord(record, { ecosystem, name, version }))
          .map(({ id }) => ({ id }));
        const start = Number(page_token);
        return {
          ...(vulns.length > 0 && { vulns: vulns.slice(start, start + pageSize) }),
          ...(start + pageSize < vulns.length && { next_page_token: String(start + pageSize) }),
        };
      });
      return send({ results });
    }
    const record = records.find(({ id }) => request.url === `/v1/vulns/${id}`);
    return record ? send(record) : send({ code: 5, message: "Bug not found." }, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}
