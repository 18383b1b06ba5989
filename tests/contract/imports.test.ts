import { describe, expect, test } from "vitest";
import { type Import, importsIn, importsOf, packageOf } from "./imports.ts";
import { foundations, heavy, owners, pureBuiltins, readLayers } from "./layers.ts";
import { filesBelow, foldersIn, read } from "./repository.ts";
import { reachable, staticGraph } from "./static-graph.ts";

const isSource = (path: string) =>
  /\.[mc]?ts$/.test(path) && !/\/fixtures\//.test(path) && !path.endsWith(".d.ts");
const isTest = (path: string) => /\.test\.ts$|\.bench\.ts$|\/testing\//.test(path);
const packages = await foldersIn("packages");
const layers = await readLayers();
const layerOf = (name: string) => layers.get(name);
const files = [...(await filesBelow("packages", isSource)), ...(await filesBelow("actions", isSource))];
const imports = (await Promise.all(files.map(importsOf))).flat();
const isEntry = (path: string) =>
  /^packages\/[^/]+\/src\/(index|main|host\/main)\.ts$|^actions\/[^/]+\/(main|inputs)\.ts$/.test(path) &&
  !isTest(path);
const shipped = reachable(imports, files.filter(isEntry));
const production = imports.filter(({ file }) => shipped.has(file));

const ownerOf = (file: string) => file.split("/")[1]!;
const isInPackage = ({ file }: Import) => file.startsWith("packages/");
const targetOf = ({ specifier }: Import) =>
  specifier.startsWith("@sluice/") ? packageOf(specifier).slice("@sluice/".length) : undefined;
const say = ({ file, line, specifier }: Import, why: string) =>
  `${file}:${line} imports ${specifier}: ${why}`;
const isRelative = ({ specifier }: Import) => specifier.startsWith(".");

describe("the parser of imports", () => {
  test("sees every form", () => {
    const text = `import a from "a"; import type { B } from "b"; export * from "c";
      const d = await import("d"); type E = import("e").E; import "node:fs";`;
    const kinds = importsIn("x.ts", text).map(({ specifier, isType, isDynamic }) => [
      specifier,
      isType,
      isDynamic,
    ]);
    expect(kinds).toEqual([
      ["a", false, false],
      ["b", true, false],
      ["c", false, false],
      ["d", false, true],
      ["e", true, false],
      ["node:fs", false, false],
    ]);
  });
});

describe("layers: an arrow may only point down", () => {
  test("every package has its place in the table of docs/architecture.md", () => {
    expect(packages.filter((name) => layerOf(name) === undefined)).toEqual([]);
  });

  test("pure packages import the language, one another, and nothing that has input or output", () => {
    const breaches = production
      .filter((each) => isInPackage(each) && layerOf(ownerOf(each.file)) === "pure" && !each.isType)
      .flatMap((each) => {
        const target = targetOf(each);
        if (target) return layerOf(target) === "pure" ? [] : [say(each, "it is not pure")];
        const name = packageOf(each.specifier);
        return name.startsWith("node:") && !pureBuiltins.includes(name)
          ? [say(each, "it has input or output")]
          : [];
      });
    expect(breaches).toEqual([]);
  });

  test("adapters import pure packages and the common ground of adapters", () => {
    const breaches = production
      .filter((each) => isInPackage(each) && layerOf(ownerOf(each.file)) === "adapters")
      .filter((each) => {
        const target = targetOf(each);
        if (!target || target === ownerOf(each.file)) return false;
        return layerOf(target) !== "pure" && !foundations.includes(target);
      })
      .map((each) => say(each, "an adapter wraps one system"));
    expect(breaches).toEqual([]);
  });

  test("nothing that is shipped imports actions or the tests' tools", () => {
    const breaches = production
      .filter(
        (each) => targetOf(each) === "testing" || /(^|\/)actions\/[^/]+\/(main|inputs)/.test(each.specifier),
      )
      .map((each) => say(each, "it is above"));
    expect(breaches).toEqual([]);
  });

  test("actions do not import one another", () => {
    const breaches = imports
      .filter((each) => each.file.startsWith("actions/") && each.specifier.startsWith("../"))
      .map((each) => say(each, "an action exports nothing"));
    expect(breaches).toEqual([]);
  });

  test("files of a package are imported from outside by its name only", () => {
    const breaches = imports
      .filter((each) => isRelative(each))
      .filter(({ file, specifier }) => {
        const depth = file.split("/").length - 3;
        const climbs = specifier.split("/").filter((part) => part === "..").length;
        return isInPackage({ file } as Import) && climbs > depth;
      })
      .map((each) => say(each, "it is inside another package"));
    expect(breaches).toEqual([]);
  });

  test("packages do not import each other in a circle", () => {
    const edges = new Map(packages.map((name) => [name, new Set<string>()]));
    for (const each of production.filter(isInPackage)) {
      const target = targetOf(each);
      if (target && target !== ownerOf(each.file)) edges.get(ownerOf(each.file))?.add(target);
    }
    const circleFrom = (name: string, path: readonly string[]): string[] => {
      if (path.includes(name)) return [[...path.slice(path.indexOf(name)), name].join(" → ")];
      return [...(edges.get(name) ?? [])].flatMap((next) => circleFrom(next, [...path, name]));
    };
    expect([...new Set(packages.flatMap((name) => circleFrom(name, [])))]).toEqual([]);
  });
});

describe("client libraries", () => {
  test.each(Object.entries(owners))("%s is imported by %s alone", (library, owner) => {
    const breaches = production
      .filter((each) => packageOf(each.specifier) === library && !each.isType)
      .filter((each) => !(isInPackage(each) && ownerOf(each.file) === owner))
      .map((each) => say(each, `only ${owner} may`));
    expect(breaches).toEqual([]);
  });

  const entries = files.filter((file) => /^actions\/[^/]+\/main\.ts$/.test(file));
  test.each(entries)("%s has not loaded a heavy one when it starts", (entry) => {
    const graph = staticGraph(production);
    expect(
      heavy.flatMap((library) => graph.chainsTo(library, entry).map((chain) => chain.join(" → "))),
    ).toEqual([]);
  });
});

describe("package.json", () => {
  test.each(packages)("%s declares what it imports", async (name) => {
    const manifest = JSON.parse(await read(`packages/${name}/package.json`)) as {
      name: string;
      dependencies?: object;
      devDependencies?: object;
      exports?: object;
    };
    const rootManifest = JSON.parse(await read("package.json")) as { devDependencies: object };
    const declared = Object.keys(manifest.dependencies ?? {});
    const inTests = [
      ...declared,
      ...Object.keys({ ...manifest.devDependencies, ...rootManifest.devDependencies }),
    ];
    const used = imports.filter(
      (each) => isInPackage(each) && ownerOf(each.file) === name && !isRelative(each),
    );
    const missing = used
      .filter(
        (each) =>
          !packageOf(each.specifier).startsWith("node:") && packageOf(each.specifier) !== manifest.name,
      )
      .filter((each) => {
        const wanted = packageOf(each.specifier);
        // The tools of the tests belong to no package, so tests may use them undeclared.
        if (each.isType && inTests.includes(`@types/${wanted}`)) return false;
        if (!shipped.has(each.file))
          return !inTests.includes(wanted) && wanted !== "@sluice/testing" && !wanted.startsWith("@sluice/");
        return !declared.includes(wanted);
      })
      .map((each) => say(each, "package.json does not name it"));
    expect(missing).toEqual([]);
    expect(manifest.name).toBe(`@sluice/${name}`);
  });

  test("what a package declares it uses", async () => {
    const idle = await Promise.all(
      packages.map(async (name) => {
        const manifest = JSON.parse(await read(`packages/${name}/package.json`)) as { dependencies?: object };
        const used = new Set(
          imports
            .filter((each) => isInPackage(each) && ownerOf(each.file) === name)
            .map((each) => packageOf(each.specifier)),
        );
        return Object.keys(manifest.dependencies ?? {})
          .filter((dependency) => !used.has(dependency))
          .map((dependency) => `${name} declares ${dependency}`);
      }),
    );
    expect(idle.flat()).toEqual([]);
  });
});

describe("sources", () => {
  test("imports of files name them with their ending, so that Node runs the sources as they are", () => {
    const breaches = imports
      .filter((each) => isRelative(each) && !/\.(ts|json)$/.test(each.specifier))
      .map((each) => say(each, "it has no ending"));
    expect(breaches).toEqual([]);
  });
});
