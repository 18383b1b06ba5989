import { readdir, readFile, readlink } from "node:fs/promises";

/** Processes whose command line or working directory lies below a folder; only Linux tells. */
export async function leftoversOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    if (command.includes(folder) || cwd.startsWith(folder))
      found.push(`process ${pid} in ${cwd}: ${command.replaceAll("\0", " ").trim()}`);
  }
  return found;
}
