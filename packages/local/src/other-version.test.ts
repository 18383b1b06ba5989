import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startTimeOf } from "@sluice/process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { afterCommand } from "./host/transitions.ts";
import { localTarget } from "./local-target.ts";
import { environmentPaths } from "./paths.ts";
import { environmentStatus } from "./status.ts";

const stateDirectory = mkdtempSync(join(tmpdir(), "sluice-older-"));
const where = { stateDirectory, environment: "test" };
const paths = environmentPaths(stateDirectory, "test");
let server: Server;

/** A host as it was before there were requests of operators and routing: it does not speak of them. */
const orders = {
  ...{ service: "orders", versions: [], stable: "1.0.0", weights: { "1.0.0": 100 } },
  ...{ rollout: null, history: [], url: "http://127.0.0.1:1" },
};

beforeAll(async () => {
  server = createServer((req, res) => {
    if (req.url === "/services/orders") return res.end(JSON.stringify(orders));
    if (req.url === "/services") return res.end(JSON.stringify([orders]));
    res.writeHead(404).end(JSON.stringify({ message: `there is no ${req.url}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  mkdirSync(dirname(paths.host), { recursive: true });
  const host = { pid: process.pid, startTime: startTimeOf(process.pid), port, token: "t" };
  writeFileSync(paths.host, JSON.stringify(host));
});
afterAll(() => {
  server.close();
  rmSync(stateDirectory, { recursive: true, force: true });
});

describe("a host that was started by an older version of Sluice", () => {
  const { target, router } = localTarget({ ...where, hostEntry: "unused" });

  test("is understood as far as it speaks", async () => {
    const complete = { ...orders, request: null, routing: null };
    expect(await target.observe("orders")).toEqual(complete);
    expect((await environmentStatus(where)).services).toEqual([complete]);
  });

  test("refuses at once what it does not know, and the refusal says what to do", async () => {
    const routing = router.setRouting("orders", { version: "1.0.0", isSticky: true });
    await expect(routing).rejects.toMatchObject({
      reasonCode: "deploy.target-lost",
      problems: [
        {
          message: expect.stringContaining("another version of Sluice"),
          remedy: expect.stringContaining("sluice stop"),
        },
      ],
    });
  });
});

test("a host refuses a command that only a newer version knows, and its state stays as it is", () => {
  const state = { schema: "sluice/local-state/v1" as const, services: {} };
  expect(() => afterCommand(state, { type: "teleport", service: "orders" } as never, 0)).toThrow(
    /does not know the command teleport/,
  );
});
