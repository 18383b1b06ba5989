import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";

/** A service with a request that is answered only after SIGTERM has come. */
const program = `
  import { start } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
  const say = (message) => console.log(JSON.stringify({ message }));
  start({
    name: "slow",
    routes: {
      "GET /slow": () => {
        say("working");
        return new Promise((done) => process.once("SIGTERM", () => setImmediate(done, { json: "done" })));
      },
    },
    close: async () => say("closed"),
  });
`;

test("on SIGTERM a service finishes what it is answering, closes and exits", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, PORT: "0", DEPLOYMENT_VERSION: "3.0.0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = [];
  const output = createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  const ended = once(child, "close");
  const said = async (message) => {
    while (!lines.some((line) => line.message === message)) await once(output, "line");
    return lines.find((line) => line.message === message);
  };

  const { port, service, version } = await said("listening");
  assert.deepEqual({ service, version }, { service: "slow", version: "3.0.0" });
  const answer = fetch(`http://127.0.0.1:${port}/slow`);
  await said("working");
  child.kill("SIGTERM");

  assert.equal(await (await answer).json(), "done");
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(
    lines.map(({ message }) => message),
    ["listening", "working", "stopping", "request", "closed", "stopped"],
  );
});
