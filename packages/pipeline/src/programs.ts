import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Path of another program of this installation. From `dist/<program>/index.js` it is its neighbour; when the
 * sources run as they are, it is the source of the program.
 *
 * @param running path of the program that runs now, as in `process.argv[1]`
 */
export function programPath(name: "local-host" | "cli", running: string = process.argv[1] ?? ""): string {
  const self = running === "" ? "" : realpathSync(running);
  if (basename(self) === "index.js") return join(dirname(dirname(self)), name, "index.js");
  const sources = { "local-host": "local/src/host/main.ts", cli: "cli/src/main.ts" };
  const packages = self.lastIndexOf("/packages/");
  const root = packages >= 0 ? self.slice(0, packages) : dirname(dirname(dirname(self)));
  return join(root, "packages", sources[name]);
}
