import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { platform } from "node:os";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";

test("ports are each another one, and one can listen on them", async () => {
  const ports: number[] = [];
  for (let i = 0; i < 50; i++) ports.push(await freePort());
  expect(new Set(ports).size).toBe(50);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports[0], "127.0.0.1", resolve));
  server.close();
});

test.runIf(platform() === "linux")("no connection takes one before its program listens", async () => {
  const [first] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/);
  for (let i = 0; i < 20; i++) expect(await freePort()).toBeLessThan(Number(first));
});
