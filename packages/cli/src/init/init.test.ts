import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { folderWith, json, repositoryWith } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

const server = (more = "") =>
  `// answers "/health" and names deployment_version\nlisten(process.env.PORT);\n${more}`;
const readme = { "README.md": "# Example\n" };

const repositories: Record<string, { files: Record<string, string>; services: Record<string, unknown>[] }> = {
  "npm workspaces with a shared package": {
    files: {
      "package.json": json({ name: "shop", private: true, workspaces: ["services/*"] }),
      "package-lock.json": "{}",
      "services/common/package.json": json({ name: "@shop/common" }),
      "services/common/index.js": server(),
      "services/orders/package.json": json({
        name: "@shop/orders",
        scripts: { start: "node server.js", test: "node --test", lint: "eslint ." },
        dependencies: { "@shop/common": "*" },
      }),
      "services/orders/server.js": "connect(process.env.DATABASE_URL);\n",
      "services/orders/migrations/V1__orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n",
      "services/web/package.json": json({
        name: "@shop/web",
        scripts: { start: "node server.js" },
        dependencies: { "@shop/common": "*" },
      }),
      "services/web/server.js": "fetch(process.env.ORDERS_URL);\n",
    },
    services: [
      {
        name: "orders",
        path: "services/orders",
        tier: "core",
        command: ["node", "server.js"],
        secrets: ["DATABASE_URL"],
        build: { lint: ["npm", "run", "lint"], test: ["npm", "run", "test"] },
      },
      {
        name: "web",
        path: "services/web",
        tier: "core",
        dependsOn: ["orders"],
        command: ["node", "server.js"],
      },
    ],
  },
  "one package.json": {
    files: {
      "package.json": json({ name: "My App", scripts: { start: "node index.js", build: "tsc" } }),
      "package-lock.json": "{}",
      "index.js": server(),
    },
    services: [
      {
        name: "my-app",
        path: ".",
        tier: "core",
        command: ["node", "index.js"],
        build: { build: ["npm", "run", "build"] },
      },
    ],
  },
  "Python with a Dockerfile": {
    files: {
      Dockerfile:
        'FROM python:3.13\nHEALTHCHECK CMD curl -f http://localhost/healthz\nCMD ["python", "app.py"]\n',
      "requirements.txt": "flask\n",
      "app.py": "app.run()\n",
    },
    services: [
      {
        name: expect.stringMatching(/^sluice-cli-/),
        path: ".",
        tier: "core",
        command: ["python", "app.py"],
        healthCheck: { path: "/healthz" },
      },
    ],
  },
  "Go with a Dockerfile": {
    files: {
      "api/Dockerfile":
        'FROM golang AS build\nRUN go build\nFROM scratch\nENTRYPOINT ["/api", "--verbose"]\n',
      "api/go.mod": "module example.com/api\n",
      "api/main.go": 'package main // "/healthz", DEPLOYMENT_VERSION\n',
    },
    services: [
      {
        name: "api",
        path: "api",
        tier: "core",
        command: ["./service", "--verbose"],
        build: {
          lint: ["go", "vet", "./..."],
          test: ["go", "test", "./..."],
          build: ["go", "build", "-o", "service", "."],
        },
        healthCheck: { path: "/healthz" },
      },
    ],
  },
  "two services of the same name that ask one another": {
    files: {
      "a/one/Dockerfile": "FROM a\nCMD one\n",
      "a/one/main.py": "TWO_URL",
      "b/one/Dockerfile": "FROM b\nCMD one\n",
      "two/Dockerfile": "FROM c\nCMD two\n",
      "two/main.py": "A_ONE_URL",
    },
    services: [
      { name: "a-one", path: "a/one", tier: "core", command: ["one"] },
      { name: "b-one", path: "b/one", tier: "core", command: ["one"] },
      { name: "two", path: "two", tier: "core", command: ["two"] },
    ],
  },
};

describe.each(Object.entries(repositories))(
  "sluice init in a repository with %s",
  (_, { files, services }) => {
    test("writes what it sees, which passes lint without a word and can be planned (R475)", async () => {
      const directory = repositoryWith({ ...readme, ...files });
      const init = await sluice("init", "-C", directory);
      expect(init.exitCode, init.stderr).toBe(0);
      expect(parse(readFileSync(join(directory, ".deploy/project.yaml"), "utf8")).services).toEqual(services);

      const lint = await sluice("lint", "-C", directory);
      expect(lint.stdout).toMatch(/^\d files, 0 errors, 0 warnings\n$/);
      for (const environment of ["dev", "staging", "production"]) {
        const where = ["-C", directory, "--state-dir", join(directory, "state")];
        const plan = await sluice("plan", "-e", environment, "--json", ...where);
        expect(plan.exitCode, plan.stderr).toBe(0);
        const { problems } = JSON.parse(plan.stdout) as { problems: { severity: string }[] };
        expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
      }
    });
  },
);

describe("sluice init", () => {
  const small = { ...readme, "package.json": json({ name: "app", scripts: { start: "node a.js" } }) };

  test("says what it cannot see, and asks nothing", async () => {
    const { stdout } = await sluice("init", "-C", folderWith({ ...small, "db/001.sql": "SELECT 1;" }));
    expect(stdout).toContain("note  app: no file says which path answers when it is well");
    expect(stdout).toContain("note  app: it does not say which version it is");
    expect(stdout).toContain("note  db has SQL files that are not named `V<version>__<name>.sql`");
  });

  test("keeps what is there; --force writes over it", async () => {
    const mine = { ".deploy/dev-config.yaml": "# mine\n" };
    const directory = folderWith({ ...small, ...mine });
    const { stdout } = await sluice("init", "-C", directory);
    expect(stdout).toContain("kept  .deploy/dev-config.yaml (--force writes over it)");
    const read = () => readFileSync(join(directory, ".deploy/dev-config.yaml"), "utf8");
    expect(read()).toBe("# mine\n");
    await sluice("init", "-C", directory, "--force");
    expect(read()).toContain("environment: development");
  });

  test("--dry-run shows the files and writes none", async () => {
    const directory = folderWith(small);
    const { stdout } = await sluice("init", "-C", directory, "--dry-run");
    expect(stdout).toContain("# .deploy/project.yaml\n");
    expect((await sluice("lint", "-C", directory)).exitCode).toBe(2);
  });

  test("--json says which files were written, kept, and what is open", async () => {
    const { stdout } = await sluice("init", "-C", folderWith(small), "--json");
    const { files, skipped, notes } = JSON.parse(stdout);
    expect(files.map(({ path }: { path: string }) => path)).toEqual([
      ".deploy/project.yaml",
      ".deploy/dev-config.yaml",
      ".deploy/staging-config.yaml",
      ".deploy/production-config.yaml",
      ".github/workflows/deploy.yml",
    ]);
    expect(skipped).toEqual([]);
    expect(notes).toHaveLength(2);
  });

  test("refuses a folder in which nothing says how a service is started, and says what would", async () => {
    const { stderr, exitCode } = await sluice("init", "-C", folderWith(readme));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("no package.json has a `start` script");
  });

  test("writes the workflow of the README (R022)", async () => {
    const directory = folderWith(small);
    await sluice("init", "-C", directory);
    const written = readFileSync(join(directory, ".github/workflows/deploy.yml"), "utf8");
    const shown = join(import.meta.dirname, "../../../../examples/workflows/first.yml");
    expect(written).toBe(readFileSync(shown, "utf8"));
  });

  test("names the schema of each file, which exists", async () => {
    const directory = folderWith(small);
    await sluice("init", "-C", directory);
    for (const name of ["project", "dev-config", "staging-config", "production-config"]) {
      const [line] = readFileSync(join(directory, `.deploy/${name}.yaml`), "utf8").split("\n");
      const schema = /^# yaml-language-server: \$schema=https:\S+\/v0\/(schema\/\S+)$/.exec(line!)?.[1];
      expect(schema).toBe(`schema/${name === "project" ? "project" : "environment"}.schema.json`);
      readFileSync(join(import.meta.dirname, "../../../..", schema!));
    }
  });
});
