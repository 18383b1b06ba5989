import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "@sluice/process";
import { type RunningPostgres, startPostgres, uniqueName } from "@sluice/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { migrate } from "../migrate.ts";
import type { MigrateOptions, MigrateOutcome, MigrationEvent } from "../options.ts";

/** One real server for the tests of a file. */
export function useServer(): { readonly server: RunningPostgres; scene(): Promise<Scene> } {
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server?.stop());
  return {
    get server() {
      return server;
    },
    scene: () => makeScene(server),
  };
}

/** A database of its own and a directory with migrations. */
export interface Scene {
  url: string;
  directory: string;
  /** Directory above, for backups and the like. */
  home: string;
  /** Every event that was recorded. */
  events: MigrationEvent[];
  /** Every line of progress. */
  progress: string[];
  write(files: Record<string, string>): Promise<void>;
  remove(file: string): Promise<void>;
  migrate(options?: Partial<MigrateOptions>): Promise<MigrateOutcome>;
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Another connection, closed at the end of the test. */
  connect(): Promise<pg.Client>;
}

async function makeScene(server: RunningPostgres): Promise<Scene> {
  const home = await mkdtemp(join(tmpdir(), "sluice-database-"));
  const directory = join(home, "migrations");
  await mkdir(directory);
  const database = uniqueName("shop");
  const url = server.url.replace(/\/postgres$/, `/${database}`);
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();

  const clients: pg.Client[] = [];
  const connect = async () => {
    const client = new pg.Client({ connectionString: url, application_name: "test" });
    client.on("error", () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  const own = await connect();
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await rm(home, { recursive: true, force: true });
  });

  const scene: Scene = {
    ...{ url, directory, home, events: [], progress: [], connect },
    async write(files) {
      for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    },
    remove: (file) => rm(join(directory, file)),
    migrate: (options = {}) =>
      migrate({
        ...{
          url,
          directory,
          root: home,
          runId: "run-1",
          clock: systemClock,
          backup: null,
          lockWaitSeconds: 0,
        },
        onProgress: (progress) => scene.progress.push("text" in progress ? progress.text : ""),
        record: async (event) => void scene.events.push(event),
        ...options,
      }),
    sql: async (text, values) => (await own.query(text, values)).rows,
  };
  return scene;
}

/** Waits until a condition holds. */
export async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await wait(20);
  }
}
