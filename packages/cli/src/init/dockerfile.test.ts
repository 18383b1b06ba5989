import { describe, expect, test } from "vitest";
import { commandLine, readDockerfile } from "./dockerfile.ts";

describe("what a Dockerfile starts", () => {
  test.each([
    ["CMD in list form", 'FROM node\nCMD ["node", "server.js"]', ["node", "server.js"]],
    ["CMD in shell form", "FROM python\nCMD python app.py --port 80", ["python", "app.py", "--port", "80"]],
    ["a CMD that needs a shell", "FROM python\nCMD exec gunicorn $APP", ["sh", "-c", "exec gunicorn $APP"]],
    [
      "ENTRYPOINT with CMD as its arguments",
      'FROM go\nENTRYPOINT ["/api"]\nCMD ["--port", "80"]',
      ["/api", "--port", "80"],
    ],
    ["an ENTRYPOINT in shell form, which gets no arguments", 'FROM go\nENTRYPOINT api\nCMD ["x"]', ["api"]],
    ["the last CMD of the last stage", 'FROM a\nCMD ["a"]\nFROM b\nCMD ["b"]\nCMD ["c"]', ["c"]],
    ["a CMD over two lines", 'FROM a\nCMD ["node", \\\n  # why\n  "server.js"]', ["node", "server.js"]],
    ["nothing where a stage before it starts something", 'FROM a AS build\nCMD ["a"]\nFROM b', null],
    ["nothing where nothing is said", "FROM nginx\n", null],
  ])("is %s", (_, text, command) => {
    expect(readDockerfile(text).command).toEqual(command);
  });

  test("is asked at the path of its HEALTHCHECK", () => {
    const check = (line: string) => readDockerfile(`FROM a\n${line}\nCMD ["a"]`).healthPath;
    expect(check("HEALTHCHECK CMD curl -f http://localhost:8080/healthz || exit 1")).toBe("/healthz");
    expect(check("HEALTHCHECK NONE")).toBeNull();
  });
});

test("a line for a shell is started without one where it needs none", () => {
  expect(commandLine("node --enable-source-maps dist/server.js")).toEqual([
    ...["node", "--enable-source-maps", "dist/server.js"],
  ]);
  expect(commandLine("tsc && node dist/server.js")).toEqual(["sh", "-c", "tsc && node dist/server.js"]);
  expect(commandLine("NODE_ENV=production node server.js")[0]).toBe("sh");
});
