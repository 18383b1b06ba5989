import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ConfigFiles } from "@sluice/config";
import { Refusal } from "@sluice/documents";

/** The configuration of a folder on the disk. Paths stay relative to it, as annotations need them. */
export const configFilesOf = (directory: string): ConfigFiles => ({
  read: (path) => orNothing(path, null, () => readFile(resolve(directory, path), "utf8")),
  list: (path) => orNothing<readonly string[]>(path, [], () => readdir(resolve(directory, path))),
});

async function orNothing<T>(path: string, nothing: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return nothing;
    throw new Refusal(
      {
        reasonCode: "config.unreadable",
        message: `${path} cannot be read: ${(cause as Error).message}.`,
        remedy: "Give this user the right to read it.",
        location: { file: path },
      },
      { cause },
    );
  }
}
