import { parseEnvironmentConfig, parseProjectConfig, resolve } from "@sluice/config";
import { expect, test } from "vitest";
import { toVerify } from "./check-service.ts";

test("a smoke request is asked as it is configured, with the longest time that its answer may take (R318)", () => {
  const { config } = parseProjectConfig(
    `name: shop
services:
  - name: web
    path: web
    command: [node, s.js]
    smoke: [{ name: it is fast, path: /, contains: shop, maxLatency: 300ms }, { name: it is there, path: / }]
`,
    ".deploy/project.yaml",
  );
  const environment = parseEnvironmentConfig("target: local\n", ".deploy/dev-config.yaml").config;
  const { smoke } = toVerify(resolve(config, environment)[0]!, { url: "http://web", version: null });
  expect(smoke).toEqual([
    {
      name: "it is fast",
      method: "GET",
      path: "/",
      status: 200,
      contains: "shop",
      maxLatencyMilliseconds: 300,
    },
    { name: "it is there", method: "GET", path: "/", status: 200 },
  ]);
});
