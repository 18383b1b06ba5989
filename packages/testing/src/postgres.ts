import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "@sluice/process";
import { type Binaries, chownTree, copyTemplate, findBinaries, serverUser } from "./postgres-files.ts";

/** A PostgreSQL server that belongs to this process. */
export interface RunningPostgres {
  /** Address of its database `postgres` with user and password, on loopback. */
  readonly url: string;
  readonly port: number;
  /** Ends the server, and removes its files unless a directory was given. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL 18 on a free port of the loopback interface, in well under a second once
 * the first call has initialised the template. Works for root (the server then runs as `nobody`)
 * and for everybody else. The server ends when `stop` is called or when this process is gone,
 * however it ended: nothing is left running.
 *
 * Durability is off: the data does not survive a crash of the machine.
 *
 * @param directory where the data is kept, to be used again by a later call; by default a temporary
 *   directory that `stop` removes
 * @throws Error when there are no binaries for this platform, or the server does not start
 */
export async function startPostgres({ directory }: { directory?: string } = {}): Promise<RunningPostgres> {
  const binaries = await findBinaries();
  const home = directory ? resolve(directory) : await mkdtemp(join(tmpdir(), "sluice-pg-"));
  const data = join(home, "data");

  for (let attempt = 1; ; attempt++) {
    await prepare(binaries, home, data).catch(async (error: unknown) => {
      if (!directory) await rm(home, { recursive: true, force: true });
      throw error;
    });
    const port = await freePort();
    const server = launch({ postgres: binaries.postgres, home, data, port, temporary: !directory });
    const failure = await untilReady(data, server.ended);
    if (failure === null) {
      return {
        url: `postgresql://postgres:${binaries.password}@127.0.0.1:${port}/postgres`,
        port,
        stop: server.stop,
      };
    }
    const log = await readFile(join(home, "server.log"), "utf8").catch(() => "");
    // Somebody else may take the port between the question and the start.
    if (attempt < 5 && log.includes("Address already in use")) continue;
    await server.stop();
    throw new Error(`PostgreSQL did not start: ${failure}\n${log.split("\n").slice(-15).join("\n")}`);
  }
}

async function prepare(binaries: Binaries, home: string, data: string): Promise<void> {
  const user = serverUser();
  await mkdir(home, { recursive: true });
  await chmod(home, 0o700);
  if (user) {
    await chown(home, user.uid, user.gid);
    await requireReachable(home);
  }
  if (!existsSync(join(data, "PG_VERSION"))) await copyTemplate(binaries, data);
  else if (user) await chownTree(data, user);
}

interface Launch {
  postgres: string;
  home: string;
  data: string;
  port: number;
  temporary: boolean;
}

/**
 * The server runs under a small shell that waits for the end of its standard input, which this
 * process holds open: when this process ends, even by SIGKILL, the shell ends the server and removes
 * the temporary files. It has a session of its own, so that Ctrl-C in the terminal does not reach it.
 */
function launch({ postgres, home, data, port, temporary }: Launch) {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    shared_buffers: "16MB",
    max_connections: "60",
    max_wal_size: "256MB",
    log_min_messages: "warning",
  };
  const script = `
    log="$1"; data="$2"; home="$3"; temporary="$4"; shift 4
    "$@" >"$log" 2>&1 </dev/null &
    server=$!
    { cat >/dev/null; kill -INT $server; } 2>/dev/null <&3 3<&- &
    exec 3<&- >/dev/null 2>&1
    wait $server; status=$?
    [ "$temporary" = yes ] && rm -rf "$data" "$log" && rmdir "$home"
    exit $status`;
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      `exec 3<&0; ${script}`,
      "sh",
      join(home, "server.log"),
      data,
      home,
      temporary ? "yes" : "no",
      postgres,
      "-D",
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    {
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      env: { PATH: process.env.PATH, TZ: "UTC", LC_ALL: "C" },
      ...serverUser(),
    },
  );
  const ended = new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => done(`it ended with ${signal ?? code}`));
  });
  // A caller that forgets `stop` can still end.
  child.unref();
  child.stdin.on("error", () => {});
  (child.stdin as unknown as { unref?: () => void }).unref?.();

  const stop = async () => {
    child.ref();
    child.stdin.end();
    await ended;
    if (temporary) await rm(home, { recursive: true, force: true });
  };
  return { ended, stop };
}

/** Waits until the server accepts connections; returns why it did not, or null. */
async function untilReady(data: string, ended: Promise<string>): Promise<string | null> {
  let failure: string | null = null;
  void ended.then((reason) => {
    failure = reason;
  });
  const deadline = Date.now() + 60_000;
  while (failure === null && Date.now() < deadline) {
    // The eighth line of the pid file is the state of the server; pg_ctl waits for it in the same way.
    const pid = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
    if (pid.split("\n")[7]?.trim() === "ready") return null;
    await delay(15);
  }
  return failure ?? "it was not ready within a minute";
}

/** The unprivileged server has to be able to walk down to its own directory. */
async function requireReachable(directory: string): Promise<void> {
  for (let parent = dirname(directory); ; parent = dirname(parent)) {
    if (((await stat(parent)).mode & 0o001) === 0) {
      throw new Error(
        `PostgreSQL does not run as root and cannot reach ${directory}: ${parent} is closed to other users. ` +
          `Give a directory below ${tmpdir()}, or run as another user.`,
      );
    }
    if (parent === dirname(parent)) return;
  }
}

/** A name that no other test uses, for databases on a shared server. */
export const uniqueName = (prefix: string): string => `${prefix}_${randomBytes(4).toString("hex")}`;
