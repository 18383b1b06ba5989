import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { MetricsAway } from "@sluice/ports";
import { afterEach, describe, expect, test } from "vitest";
import { prometheusAlerts } from "./alerts.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Answers `/prom/api/v1/alerts` with a body; everything else is not found. */
async function serve(body: string): Promise<string> {
  const server = createServer((req, res) => {
    res.writeHead(req.url === "/prom/api/v1/alerts" ? 200 : 404).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/prom`;
}

const alert = (
  alertname: string,
  state: string,
  labels: Record<string, string> = { severity: "critical" },
) => ({
  labels: { alertname, ...labels },
  annotations: { summary: "…" },
  state,
  activeAt: "2026-01-01T00:00:00Z",
  value: "1e+00",
});
const answer = (alerts: object[]) => JSON.stringify({ status: "success", data: { alerts } });

describe("alerts of a Prometheus (R273, R353)", () => {
  test("those that fire, of the severity and of the service or of none, each once and in order", async () => {
    const url = await serve(
      answer([
        alert("Zombies", "firing"),
        alert("Errors", "firing", { severity: "critical", service: "orders", pod: "a" }),
        alert("Errors", "firing", { severity: "critical", service: "orders", pod: "b" }),
        alert("Slow", "pending"),
        alert("Disk", "firing", { severity: "warning" }),
        alert("Other", "firing", { severity: "critical", service: "users" }),
      ]),
    );
    const source = prometheusAlerts({ url, severity: "critical" });
    expect(await source.firing("orders")).toEqual(["Errors", "Zombies"]);
    expect(await prometheusAlerts({ url: `${url}/`, severity: "warning" }).firing("orders")).toEqual([
      "Disk",
    ]);
  });

  test.each([
    ["not JSON", "<html>", "does not answer with JSON"],
    ["an error of Prometheus", '{"status":"error","error":"x"}', "not a list of alerts"],
    ["another document", '{"status":"success","data":{"alerts":[{"labels":1}]}}', "not a list of alerts"],
  ])("%s is an outage and not silence", async (_, body, why) => {
    const url = await serve(body);
    const error = await prometheusAlerts({ url, severity: "critical" })
      .firing("orders")
      .catch((reason) => reason);
    expect(error).toBeInstanceOf(MetricsAway);
    expect(error.message).toContain(why);
  });

  test("a wrong path is an outage too", async () => {
    const url = (await serve(answer([]))).replace("/prom", "");
    await expect(prometheusAlerts({ url, severity: "critical" }).firing("orders")).rejects.toThrow(
      "status 404",
    );
  });
});
