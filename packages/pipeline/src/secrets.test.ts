import { parseProjectConfig } from "@sluice/config";
import { describe, expect, test } from "vitest";
import { secretValues, withSecrets } from "./secrets.ts";

const { config: project } = parseProjectConfig(
  `name: shop
services:
  - { name: web, path: web, command: [node, server.js], secrets: [API_TOKEN] }
database: {}
`,
  ".deploy/project.yaml",
);

test("a variable of the step wins over the same one among the secrets; an empty one is none (R209)", () => {
  const variables = { PATH: "/bin", API_TOKEN: "near", DATABASE_URL: "" };
  const secrets = { API_TOKEN: "far", DATABASE_URL: "postgresql://db", KEY: "k" };
  expect(withSecrets(variables, secrets)).toEqual({
    PATH: "/bin",
    API_TOKEN: "near",
    DATABASE_URL: "postgresql://db",
    KEY: "k",
  });
  expect(withSecrets(variables, {})).toBe(variables);
});

describe("what must not be seen", () => {
  test("are the declared values, the given ones also when nobody declares them, and each line of a long one", () => {
    const values = secretValues(
      project,
      { API_TOKEN: "tok-1", OTHER: "seen" },
      { API_TOKEN: "tok-2", KEY: "one\ntwo\n" },
    );
    expect(values.toSorted()).toEqual(["one", "one\ntwo\n", "tok-1", "tok-2", "two"]);
  });

  test("is the password of an address, as it is and as it is written in an address", () => {
    const url = "postgresql://anna:50%25%20off@127.0.0.1:5432/shop";
    expect(secretValues(project, { DATABASE_URL: url })).toEqual([url, "50% off", "50%25%20off"]);
  });
});
