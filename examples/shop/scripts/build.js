// Bundles the service in the current directory into dist/, with everything that it needs inside.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await build({
  entryPoints: ["src/server.js"],
  outfile: "dist/server.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["pg-native"],
  legalComments: "none",
  logLevel: "warning",
});
// So that Node reads the bundle as CommonJS wherever it is unpacked.
await writeFile("dist/package.json", '{ "type": "commonjs" }\n');
