import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { Backend } from "./backend.ts";
import { HealthWatch } from "./health.ts";

test("a replica that was ready is out of traffic with the third failure in a row, not before (R317, R345)", async () => {
  // Failures 2 and 5 to 7: only the last of three in a row counts.
  const failing = new Set([2, 5, 6, 7]);
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.writeHead(failing.has(asked) ? 503 : 200).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const backend = new Backend("r1", "1.0.0", (server.address() as AddressInfo).port);
  const changes: [number, boolean][] = [];
  const watch = new HealthWatch(
    backend,
    () => ({
      path: "/health",
      initialDelaySeconds: 0,
      timeoutSeconds: 5,
      intervalSeconds: 0.01,
      failureThreshold: 3,
    }),
    () => changes.push([asked, backend.isReady]),
  );
  onTestFinished(() => {
    watch.stop();
    server.close();
  });
  void watch.run({ isFirst: true });
  await vi.waitFor(() => expect(changes).toHaveLength(3), { timeout: 15_000 });
  expect(changes).toEqual([
    [1, true],
    [7, false],
    [8, true],
  ]);
});
