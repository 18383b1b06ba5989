import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";

/**
 * Processes that still belong to the demonstration, and addresses that still answer.
 *
 * @param urls where the services were
 */
export async function findLeftovers(stateDirectory: string, urls: readonly string[]): Promise<string[]> {
  const open = await Promise.all(
    urls.map(async (url) => ((await answers(Number(new URL(url).port))) ? [`${url} answers`] : [])),
  );
  return [...open.flat(), ...(await processesIn(stateDirectory))];
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => done(true));
    socket.on("error", () => done(false));
    socket.on("close", () => done(false));
    socket.setTimeout(500, () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}

/** Processes whose command line or working folder is in the state directory; only Linux tells. */
async function processesIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (Number(pid) !== process.pid && command.includes(directory))
      found.push(`process ${pid}: ${command.replaceAll("\0", " ").trim()}`);
  }
  return found;
}
