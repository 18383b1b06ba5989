import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { run } from "@sluice/process";

/** Who listens on a port, for people: program, process id, command line; "another process" when it is hidden. */
export async function describeHolder(port: number): Promise<string> {
  const found = process.platform === "linux" ? holderOnLinux(port) : await holderByLsof(port);
  return found ?? "another process";
}

function holderOnLinux(port: number): string | null {
  const sockets = new Set([...listeners("/proc/net/tcp", port), ...listeners("/proc/net/tcp6", port)]);
  if (sockets.size === 0) return null;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (!sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) continue;
        const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return `process ${pid} (${name})`;
      }
    } catch {
      // It has ended, or it belongs to somebody else.
    }
  }
  return null;
}

/** Sockets that listen on the port: proc(5), /proc/net/tcp: local address, state 0A, inode. */
function listeners(file: string, port: number): string[] {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n").slice(1);
  } catch {
    return [];
  }
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === "0A" && Number.parseInt(local.split(":")[1] ?? "", 16) === port
      ? [`socket:[${inode}]`]
      : [];
  });
}

async function holderByLsof(port: number): Promise<string | null> {
  try {
    const { stdout } = await run(["lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], {
      timeoutSeconds: 5,
    });
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    return pid ? `process ${pid} (${/^c(.*)$/m.exec(stdout)?.[1] ?? "unknown"})` : null;
  } catch {
    return null;
  }
}
