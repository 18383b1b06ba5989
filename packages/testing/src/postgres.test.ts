import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres } from "./postgres.ts";

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => done(true)).once("error", () => done(false));
    socket.once("connect", () => socket.destroy());
  });

test("servers side by side, on loopback only, with a password, and nothing left afterwards", async () => {
  const [one, two] = await Promise.all([startPostgres(), startPostgres()]);
  expect(one.port).not.toBe(two.port);
  const [row] = await ask(
    one.url,
    "SELECT current_setting('listen_addresses') AS listens, current_setting('data_directory') AS data, current_setting('server_version') AS version",
  );
  expect(row).toMatchObject({ listens: "127.0.0.1", version: expect.stringMatching(/^18/) });
  await expect(ask(one.url.replace(/:[^:@]+@/, ":wrong@"), "SELECT 1")).rejects.toThrow(/password/);
  await Promise.all([one.stop(), two.stop()]);
  await one.stop();
  expect(await isOpen(one.port)).toBe(false);
  expect(existsSync(row?.data as string)).toBe(false);
});

test("a directory that is given keeps its data for the next start", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sluice-keep-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const first = await startPostgres({ directory });
  await ask(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
  await first.stop();
  const second = await startPostgres({ directory });
  expect(await ask(second.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  await second.stop();
});

test("ends with the process that started it, also when that is killed", async () => {
  const module = new URL("./postgres.ts", import.meta.url).href;
  const script = `const { startPostgres } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await startPostgres()));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  const [line] = await new Promise<Buffer[]>((done) => child.stdout.once("data", (data) => done([data])));
  const { port, url } = JSON.parse(String(line)) as { port: number; url: string };
  const [row] = await ask(url, "SELECT current_setting('data_directory') AS data");
  child.kill("SIGKILL");
  for (let i = 0; i < 1000 && (existsSync(row?.data as string) || (await isOpen(port))); i++) await wait(10);
  expect(existsSync(row?.data as string)).toBe(false);
  expect(await isOpen(port)).toBe(false);
});
