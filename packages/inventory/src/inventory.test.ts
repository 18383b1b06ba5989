import { describe, expect, test } from "vitest";
import { lockFileKind, readLockFile } from "./lock-file.ts";
import { keyOf, packageUrl, pathTo } from "./package.ts";

const lock = JSON.stringify(
  {
    name: "app",
    lockfileVersion: 3,
    packages: {
      "": {
        name: "app",
        dependencies: { a: "^1", alias: "npm:real@1" },
        devDependencies: { t: "1" },
        workspaces: ["w/*"],
      },
      "w/one": { name: "one", dependencies: { a: "^2" } },
      "node_modules/one": { resolved: "w/one", link: true },
      "w/one/node_modules/a": { version: "2.0.0", dependencies: { b: "*" } },
      "node_modules/a": { version: "1.0.0", dependencies: { b: "*" } },
      "node_modules/a/node_modules/b": { version: "1.0.0" },
      "node_modules/b": { version: "3.0.0", dev: true },
      "node_modules/alias": { name: "real", version: "1.0.0" },
      "node_modules/t": { version: "1.0.0", dev: true, dependencies: { b: "*" } },
    },
  },
  null,
  2,
);

describe("package-lock.json", () => {
  const inventory = readLockFile("sub/package-lock.json", lock);
  const find = (key: string) => inventory.packages.find((entry) => keyOf(entry) === key)!;

  test("names every version with its line, also behind an alias", () => {
    expect(inventory.packages.map(keyOf).sort()).toEqual([
      "npm/a@1.0.0",
      "npm/a@2.0.0",
      "npm/b@1.0.0",
      "npm/b@3.0.0",
      "npm/real@1.0.0",
      "npm/t@1.0.0",
    ]);
    for (const entry of inventory.packages) {
      expect(lock.split("\n")[entry.location.line - 1]).toContain(`"${entry.location.key}"`);
    }
  });

  test("knows what is direct and what is for development", () => {
    expect(find("npm/a@2.0.0").isDirect).toBe(true);
    expect(find("npm/b@3.0.0")).toMatchObject({ isDirect: false, isDevelopment: true });
    expect(find("npm/t@1.0.0")).toMatchObject({ isDirect: true, isDevelopment: true });
  });

  test("resolves needs as node does: the nearest node_modules wins", () => {
    expect(find("npm/a@1.0.0").needs).toEqual(["npm/b@1.0.0"]);
    expect(find("npm/a@2.0.0").needs).toEqual(["npm/b@3.0.0"]);
    expect(pathTo(inventory, "npm/b@1.0.0")).toEqual(["npm/a@1.0.0", "npm/b@1.0.0"]);
    expect(pathTo(inventory, "npm/nothing@1.0.0")).toEqual([]);
  });
});

describe("other lock files", () => {
  test("poetry.lock and uv.lock", () => {
    const poetry = readLockFile(
      "poetry.lock",
      '[[package]]\nname = "Flask_Thing"\nversion = "2.0"\ncategory = "main"\n\n[package.dependencies]\nclick = ">=8"\n\n[[package]]\nname = "click"\nversion = "8.1"\ngroups = ["dev"]\n\n[metadata]\nlock-version = "2.0"\n',
    );
    expect(poetry.packages).toMatchObject([
      {
        name: "flask-thing",
        version: "2.0",
        needs: ["PyPI/click@8.1"],
        isDevelopment: false,
        location: { line: 1 },
      },
      { name: "click", isDevelopment: true, location: { line: 9 } },
    ]);
    const uv = readLockFile(
      "uv.lock",
      'version = 1\n\n[[package]]\nname = "app"\nversion = "0.1"\nsource = { virtual = "." }\ndependencies = [\n    { name = "click" },\n]\n\n[[package]]\nname = "click"\nversion = "8.1"\nsource = { registry = "https://pypi.org/simple" }\n',
    );
    expect(uv.packages).toMatchObject([{ name: "click", isDirect: true }]);
  });

  test("go.mod with replacements", () => {
    const go = readLockFile(
      "go.mod",
      "module x\ngo 1.24\nrequire a.test/one v1.0.0\nrequire (\n\ta.test/two v1.0.0 // indirect\n\ta.test/local v1.0.0\n)\nreplace a.test/local => ../local\nreplace a.test/two v1.0.0 => b.test/fork v1.1.0\n",
    );
    expect(go.packages.map((entry) => [keyOf(entry), entry.isDirect, entry.location.line])).toEqual([
      ["Go/a.test/one@1.0.0", true, 3],
      ["Go/b.test/fork@1.1.0", false, 5],
    ]);
  });

  test("a table that is cut off is refused", () => {
    expect(() => readLockFile("Cargo.lock", '[[package]]\nname = "a"\nsource = "registry+x"\n')).toThrow(
      /no version/,
    );
  });

  test.each([
    ["a/package-lock.json", "readable"],
    ["requirements-dev.txt", "readable"],
    ["yarn.lock", "unreadable"],
    ["package.json", null],
  ])("%s is %s", (file, kind) => expect(lockFileKind(file)).toBe(kind));
});

test.each([
  [{ ecosystem: "npm", name: "@scope/name", version: "1.0.0" }, "pkg:npm/%40scope/name@1.0.0"],
  [{ ecosystem: "PyPI", name: "some-lib", version: "1.0" }, "pkg:pypi/some-lib@1.0"],
  [{ ecosystem: "Go", name: "github.com/a/b/v2", version: "2.0.0" }, "pkg:golang/github.com/a/b/v2@2.0.0"],
  [{ ecosystem: "crates.io", name: "serde", version: "1.0.0" }, "pkg:cargo/serde@1.0.0"],
] as const)("%o is %s", (entry, url) => expect(packageUrl(entry)).toBe(url));
