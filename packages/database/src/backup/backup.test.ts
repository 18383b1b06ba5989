import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { digestOf } from "@sluice/documents";
import { systemClock } from "@sluice/process";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { startDebianServer } from "../testing/debian-server.ts";
import { type Scene, useServer } from "../testing/scene.ts";
import { backUp } from "./backup.ts";
import { verifyCopyBackup } from "./copy-backup.ts";
import { findDumpTools } from "./pg-dump.ts";

const postgres = useServer();

/** Programs of an installed PostgreSQL, in the way Debian installs it. */
const debian = (existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [])
  .map((version) => `/usr/lib/postgresql/${version}/bin`)
  .find((bin) => existsSync(join(bin, "postgres")) && existsSync(join(bin, "pg_dump")));

async function sceneWithOrders(): Promise<Scene & { backups: string }> {
  const scene = await postgres.scene();
  await scene.write({
    "V1__orders.sql":
      "CREATE TABLE orders (id serial PRIMARY KEY, note text, twice int GENERATED ALWAYS AS (length(note) * 2) STORED);" +
      "INSERT INTO orders (note) VALUES (E'two\\nlines'), (E'tab\\tand \\\\'), (NULL), ('größe 😀');" +
      'CREATE TABLE "Odd; name" (i int); CREATE TABLE p (i int) PARTITION BY RANGE (i);' +
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); INSERT INTO p VALUES (1), (2);",
  });
  await scene.migrate();
  await scene.write({ "V2__more.sql": "ALTER TABLE orders ADD more int;" });
  return Object.assign(scene, { backups: join(scene.home, "backups") });
}

describe("a backup before the migration (R169)", () => {
  test("has every row of every table as it was, verified and for the owner only (R046, R170, R171)", async () => {
    const scene = await sceneWithOrders();
    const outcome = await scene.migrate({ backup: { directory: scene.backups, method: "copy" } });
    expect(outcome).toMatchObject({ status: "succeeded", reasonCode: "migrate.applied" });
    const backup = outcome.details.backup!;
    expect(backup).toMatchObject({ kind: "copy", tables: 4, rows: 6 + 1 });
    expect(scene.events[1]).toEqual({
      type: "migration.backup",
      data: { reference: backup.reference, bytes: backup.bytes, digest: backup.digest },
    });

    const manifest = await verifyCopyBackup(backup.reference);
    expect(digestOf(await readFile(join(backup.reference, "manifest.json")))).toBe(backup.digest);
    const orders = manifest.tables.find((table) => table.name === "orders")!;
    expect(orders).toMatchObject({ rows: 4, columns: ["id", "note"] });
    expect(manifest.facts.columns?.join()).not.toContain("more");

    // The rows can be put back, byte for byte.
    const rows = gunzipSync(await readFile(join(backup.reference, orders.file))).toString();
    await scene.sql("CREATE TABLE again (id int, note text)");
    await scene.write({ "V3__again.sql": `COPY again FROM stdin;\n${rows}\\.\n` });
    await scene.migrate();
    const [difference] = await scene.sql(
      "SELECT count(*)::int AS n FROM (SELECT id, note FROM orders EXCEPT SELECT id, note FROM again) d",
    );
    expect(difference).toEqual({ n: 0 });
    expect(await scene.sql("SELECT * FROM again")).toHaveLength(4);

    expect((await stat(backup.reference)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(backup.reference)) {
      expect((await stat(join(backup.reference, file))).mode & 0o777).toBe(0o600);
    }
  });

  test.each([
    ["a byte more", (path: string) => appendFile(path, "x")],
    ["a part missing", (path: string) => truncate(path, 20)],
  ])("that has %s on the disk is found out", async (_what, damage) => {
    const scene = await sceneWithOrders();
    const { details } = await scene.migrate({ backup: { directory: scene.backups, method: "copy" } });
    const manifest = await verifyCopyBackup(details.backup!.reference);
    await damage(
      join(details.backup!.reference, manifest.tables.find((table) => table.name === "orders")!.file),
    );
    await expect(verifyCopyBackup(details.backup!.reference)).rejects.toThrow();
  });

  test("is made only when there is something to migrate and something to lose", async () => {
    const scene = await postgres.scene();
    const backup = { directory: join(scene.home, "backups") };
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    expect((await scene.migrate({ backup })).details.backup).toBeNull();
    expect((await scene.migrate({ backup })).details.backup).toBeNull();
    await expect(stat(backup.directory)).rejects.toThrow();
  });

  test("uses pg_dump only when it is at least as new as the server, and says why not", async () => {
    const scene = await sceneWithOrders();
    const bin = join(scene.home, "bin");
    await mkdir(bin);
    for (const tool of ["pg_dump", "pg_restore"]) {
      await writeFile(join(bin, tool), `#!/bin/sh\necho "${tool} (PostgreSQL) 15.18 (Debian 15.18-0)"\n`, {
        mode: 0o755,
      });
    }
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    expect(await findDumpTools(15, env)).toEqual({
      dump: join(bin, "pg_dump"),
      restore: join(bin, "pg_restore"),
      version: 15,
    });
    expect(await findDumpTools(18, env)).toBe("pg_dump 15 is older than the server (18)");
    expect(await findDumpTools(18, { PATH: scene.home })).toBe("pg_dump is not on the PATH");
  });
});

describe.skipIf(!debian)("with the server's own tools, where a PostgreSQL with pg_dump is installed", () => {
  test("pg_dump writes, pg_restore reads back and restores; the password is in no argument (R169, R170)", async () => {
    const server = await startDebianServer(debian!);
    onTestFinished(server.stop);
    const home = await mkdtemp(join(tmpdir(), "sluice-dump-"));
    onTestFinished(() => rm(home, { recursive: true }));
    const client = new pg.Client(server.url);
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS i");
    await client.query("CREATE DATABASE again");
    // The real program, and a note of how it was called.
    const bin = join(home, "bin");
    await mkdir(bin);
    for (const tool of ["pg_dump", "pg_restore"]) {
      const script = `#!/bin/sh\necho "$@" >>${home}/arguments\nexec ${debian}/${tool} "$@"\n`;
      await writeFile(join(bin, tool), script, { mode: 0o755 });
    }
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const backup = await backUp({
      ...{ url: server.url, directory: join(home, "backups"), runId: "r", clock: systemClock, env },
    });
    expect(backup).toMatchObject({ kind: "pg_dump", tables: 1, rows: null });
    expect(digestOf(await readFile(backup.reference))).toBe(backup.digest);
    expect((await stat(backup.reference)).mode & 0o777).toBe(0o600);
    expect((await stat(backup.reference)).size).toBe(backup.bytes);
    const calls = await readFile(join(home, "arguments"), "utf8");
    expect(calls).toContain("--format=custom");
    expect(calls).not.toContain("top-s3cret");
    execFileSync(join(debian!, "pg_restore"), [
      "--no-password",
      `--dbname=${server.url.replace(/postgres$/, "again")}`,
      backup.reference,
    ]);
    const again = new pg.Client(server.url.replace(/postgres$/, "again"));
    await again.connect();
    expect((await again.query("SELECT sum(i)::int AS sum FROM orders")).rows).toEqual([{ sum: 500500 }]);
    await again.end();
  });
});

describe("nothing is migrated when the backup cannot be made", () => {
  const stillOld = async (scene: Scene) =>
    expect(await scene.sql("SELECT version FROM sluice_migrations")).toEqual([{ version: "1" }]);

  test("because the directory is a file", async () => {
    const scene = await sceneWithOrders();
    await writeFile(scene.backups, "");
    const outcome = await scene.migrate({ backup: { directory: scene.backups } });
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.backup-failed" });
    expect(outcome.problems[0]?.remedy).toContain("Nothing was migrated");
    await stillOld(scene);
  });

  const canMount = (() => {
    try {
      execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
      return process.getuid?.() === 0;
    } catch {
      return false;
    }
  })();

  test.skipIf(!canMount)("because the disk is full: and no part of it is left", async () => {
    const scene = await sceneWithOrders();
    await scene.sql(
      "INSERT INTO orders (note) SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 20000) g GROUP BY g % 100",
    );
    await mkdir(scene.backups);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", scene.backups]);
    onTestFinished(() => void execFileSync("umount", [scene.backups]));
    const outcome = await scene.migrate({ backup: { directory: scene.backups, method: "copy" } });
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.backup-failed" });
    expect(outcome.problems[0]?.message).toContain("the disk is full");
    expect(await readdir(scene.backups)).toEqual([]);
    await stillOld(scene);
  });
});
