import { execFileSync } from "node:child_process";
import { chownSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server of an installed PostgreSQL, whose pg_dump fits it. */
export async function startDebianServer(bin: string): Promise<{ url: string; stop(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), "sluice-debian-pg-"));
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: 65534, gid: 65534 } : {};
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, "top-s3cret\n", { mode: 0o600 });
  if (isRoot) for (const path of [home, passwordFile]) chownSync(path, 65534, 65534);
  const run = (tool: string, ...args: string[]) =>
    execFileSync(join(bin, tool), args, { cwd: "/", stdio: "ignore", ...user });
  const data = join(home, "data");
  run(
    "initdb",
    "-D",
    data,
    "-U",
    "postgres",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
    "--no-sync",
  );
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => probe.once("listening", done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  run("pg_ctl", "-D", data, "-w", "-l", join(home, "log"), "-o", options, "start");
  return {
    url: `postgresql://postgres:top-s3cret@127.0.0.1:${port}/postgres`,
    async stop() {
      run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
      await rm(home, { recursive: true, force: true });
    },
  };
}
