import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";

const program = `
  import { start } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
  start({
    name: "slow",
    routes: { "GET /slow": () => new Promise((done) => setTimeout(() => done({ json: "done" }), 300)) },
    close: async () => console.log('{"message":"closed"}'),
  });
`;

test("on SIGTERM a service finishes what it is answering, closes and exits", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, PORT: "0", DEPLOYMENT_VERSION: "3.0.0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = [];
  const started = new Promise((resolve) => {
    createInterface(child.stdout).on("line", (text) => {
      const line = JSON.parse(text);
      lines.push(line);
      if (line.message === "listening") resolve(line);
    });
  });
  const { port, service, version } = await started;
  assert.deepEqual({ service, version }, { service: "slow", version: "3.0.0" });

  const answer = fetch(`http://127.0.0.1:${port}/slow`);
  await fetch(`http://127.0.0.1:${port}/health`);
  child.kill("SIGTERM");

  assert.equal(await (await answer).json(), "done");
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  assert.deepEqual(
    lines.map(({ message }) => message),
    ["listening", "stopping", "request", "closed", "stopped"],
  );
});
