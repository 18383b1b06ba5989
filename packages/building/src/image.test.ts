import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { project, service } from "./testing/project.ts";

const source = {
  "services/orders/src/server.js": "",
  "services/orders/Dockerfile": "FROM scratch\n",
};
const id = `sha256:${"ab".repeat(32)}`;

/** A program called docker that speaks as the client does: its engine is there, or not. */
const docker = (log: string, engine: "up" | "down", build = `echo ${id} > "$id"`) => `#!/bin/sh
echo "$PWD: $*" >> ${log}
case $1 in
  version) ${engine === "up" ? "echo 29.1" : "echo 'Cannot connect to the Docker daemon' >&2; exit 1"} ;;
  build)
    while [ $# -gt 1 ]; do [ "$1" = --iidfile ] && id=$2; shift; done
    ${build} ;;
esac
`;

describe("an image (R111, R112, R116, R154)", () => {
  test("is built where there is a Dockerfile and an engine, with tags and labels, beside the archive", async () => {
    const { build, pathWith, home, directory, git } = project(source);
    git("init", "--quiet");
    git("add", "-A");
    git("commit", "--quiet", "--message", "Orders");
    const PATH = pathWith({ docker: docker(join(home, "log"), "up") });
    const { details, status } = await build([service({ tags: ["orders:1.2.3", "orders:Latest+1"] })], {
      images: "auto",
      env: { ...process.env, PATH },
    });
    expect(status).toBe("succeeded");
    expect(details.services[0]).toMatchObject({
      artifact: { kind: "archive" },
      image: {
        kind: "image",
        reference: "orders:1.2.3",
        digest: id,
        tags: ["orders:1.2.3", "orders:Latest-1"],
      },
    });
    const call = readFileSync(join(home, "log"), "utf8").trim().split("\n").at(-1)!;
    expect(call).toContain(`${join(directory, "services/orders")}: build --iidfile `);
    expect(call).toContain("--label org.opencontainers.image.version=1.2.3");
    expect(call).toContain(`--label org.opencontainers.image.revision=${git("rev-parse", "HEAD")}`);
    expect(call).toContain("--tag orders:1.2.3 --tag orders:Latest-1 .");
  });

  test("is left out and said to be, when no engine answers", async () => {
    const { build, pathWith, home } = project(source);
    const env = { ...process.env, PATH: pathWith({ docker: docker(join(home, "log"), "down") }) };
    const { details, problems, status } = await build([service()], { images: "auto", env });
    expect(status).toBe("succeeded");
    expect(details.services[0]).toMatchObject({ artifact: { kind: "archive" }, image: null });
    expect(problems).toMatchObject([{ severity: "notice", reasonCode: "build.image-skipped" }]);

    const required = await build([service()], { images: "required", env });
    expect(required).toMatchObject({ status: "failed", reasonCode: "build.image-skipped" });
  });

  test("is not thought of without a Dockerfile", async () => {
    const { build, pathWith, home } = project({ "services/orders/src/server.js": "" });
    const log = join(home, "log");
    const env = { ...process.env, PATH: pathWith({ docker: docker(log, "up") }) };
    const { problems } = await build([service()], { images: "auto", env });
    expect(problems).toEqual([]);
    expect(existsSync(log)).toBe(false);
  });

  test.each([
    ["fails", "echo 'Dockerfile:1:1 unknown instruction'; exit 2", "build.command-failed"],
    ["gives no digest", "true", "build.artifact-failed"],
  ])("that %s fails the service", async (_what, script, reasonCode) => {
    const { build, pathWith, home } = project(source);
    const env = { ...process.env, PATH: pathWith({ docker: docker(join(home, "log"), "up", script) }) };
    expect(await build([service()], { images: "auto", env })).toMatchObject({ status: "failed", reasonCode });
  });
});
