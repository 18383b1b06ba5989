import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { Details, type ReleaseService } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { scan } from "./scan.ts";
import { lockFile } from "./testing/records.ts";
import { ImpatientClock, TestRepository } from "./testing/repository.ts";

const artifact = (name: string): ReleaseService => ({
  name,
  artifact: { kind: "archive", reference: `out/${name}.tar`, digest: `sha256:${"ab".repeat(32)}`, tags: [] },
});
const request = (repository: TestRepository, services: readonly string[]) => ({
  directory: repository.directory,
  outputDirectory: repository.output,
  artifacts: services.map(artifact),
  version: "2.0.0",
  osv: { kind: "none" as const },
  threshold: "high" as const,
  clock: new ImpatientClock(),
});
const workspaces = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    "": { name: "root", workspaces: ["services/*"], devDependencies: { linter: "1" } },
    "services/api": { name: "@shop/api", dependencies: { web: "^1", "@shop/common": "*" } },
    "services/ui": { name: "@shop/ui", dependencies: { view: "^2" } },
    "node_modules/@shop/api": { resolved: "services/api", link: true },
    "node_modules/web": {
      version: "1.0.0",
      dependencies: { "web-core": "*" },
      license: "(MIT OR Apache-2.0)",
    },
    "node_modules/web-core": { version: "1.1.0", license: "SEE LICENSE IN LICENSE.md" },
    "node_modules/view": { version: "2.0.0" },
    "node_modules/linter": { version: "1.0.0", dev: true },
  },
});

describe("the SBOM of each artifact (R142, R159)", () => {
  test("is valid CycloneDX 1.6, carries the digest, and is the same bytes each time", async () => {
    const repository = new TestRepository({ git: false });
    repository.write({ "package-lock.json": lockFile });
    const first = await scan(request(repository, ["shop"]));
    const text = readFileSync(first.details.files.sboms[0]!.path, "utf8");
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const sbom = JSON.parse(text);
    expect(sbom.metadata.component).toMatchObject({
      name: "shop",
      version: "2.0.0",
      hashes: [{ alg: "SHA-256", content: "ab".repeat(32) }],
    });
    expect(sbom.components.map(({ purl, scope }: { purl: string; scope: string }) => [purl, scope])).toEqual([
      ["pkg:npm/builder@1.0.0", "excluded"],
      ["pkg:npm/left-merge@1.2.0", "required"],
      ["pkg:npm/tiny-glob-x@0.1.0", "excluded"],
    ]);
    await scan(request(repository, ["shop"]));
    expect(readFileSync(first.details.files.sboms[0]!.path, "utf8")).toBe(text);
    expect(Details.parse(first.details)).toEqual(first.details);
  });

  test("of a workspace names what that workspace needs, and nothing else", async () => {
    const repository = new TestRepository({ git: false });
    repository.write({ "package-lock.json": workspaces });
    const { details } = await scan({
      ...request(repository, ["api", "ui"]),
      serviceDirectories: { ui: "services/ui" },
    });
    const names = details.files.sboms.map(({ path }) =>
      JSON.parse(readFileSync(path, "utf8")).components.map(({ purl }: { purl: string }) => purl),
    );
    expect(names).toEqual([["pkg:npm/web-core@1.1.0", "pkg:npm/web@1.0.0"], ["pkg:npm/view@2.0.0"]]);
    for (const { path } of details.files.sboms) {
      const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
      expect(await validator.validate(readFileSync(path, "utf8"))).toBeNull();
    }
  });

  test("of this repository is valid", async () => {
    const repository = new TestRepository({ git: false });
    repository.write({
      "package-lock.json": readFileSync(new URL("../../../package-lock.json", import.meta.url)),
    });
    const { details } = await scan(request(repository, ["sluice"]));
    const text = readFileSync(details.files.sboms[0]!.path, "utf8");
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  });

  test("without a lock file says so", async () => {
    const repository = new TestRepository({ git: false });
    repository.write({ "a.txt": "" });
    const { details } = await scan(request(repository, ["api"]));
    expect(details.scanners.at(-1)!.notes).toEqual([
      "No lock file belongs to api: its SBOM names no components.",
    ]);
  });

  test("where the output cannot be written the scan is refused, with a remedy", async () => {
    const repository = new TestRepository({ git: false });
    mkdirSync(`${repository.output}/scan.sarif`);
    writeFileSync(`${repository.output}/scan.sarif/in-the-way`, "");
    await expect(scan(request(repository, []))).rejects.toMatchObject({
      problems: [{ reasonCode: "scan.output-unwritable", remedy: expect.any(String) }],
    });
  });
});

test("the validator that these tests trust refuses a broken document", async () => {
  expect(createRequire(import.meta.url).resolve("ajv")).toBeTruthy();
  const error = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(
    '{"bomFormat": "CycloneDX"}',
  );
  expect(error).not.toBeNull();
});
