/**
 * What the scan costs: secrets in this repository and its commits, in the packages as npm brought them, and in
 * hostile texts of one megabyte; reading the lock file; writing an SBOM.
 *
 *     npm run bench:scan [-- --tree node_modules]
 */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { SecretScanner } from "../../packages/detect/src/index.ts";
import { cycloneDx, readLockFile } from "../../packages/inventory/src/index.ts";
import { systemClock } from "../../packages/process/src/index.ts";
import { scan } from "../../packages/scanning/src/index.ts";

const { values } = parseArgs({ options: { tree: { type: "string", default: "node_modules" } } });
const root = resolve(import.meta.dirname, "../..");
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
const rows: Record<string, string>[] = [];

async function measure(what: string, work: () => Promise<string> | string): Promise<void> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const outcome = await work();
  const { user, system } = process.cpuUsage(cpu);
  rows.push({
    what,
    wall: seconds(performance.now() - began),
    cpu: seconds((user + system) / 1000),
    outcome,
  });
}

const output = mkdtempSync(join(tmpdir(), "sluice-bench-"));
try {
  await measure("this repository and all its commits", async () => {
    const { details } = await scan({
      directory: root,
      commits: { from: null, to: "HEAD" },
      artifacts: [],
      osv: { kind: "none" },
      only: ["secrets"],
      threshold: "low",
      outputDirectory: output,
      clock: systemClock,
    });
    return `${details.scanners[0]!.message} ${details.scanners[0]!.findings.length} findings`;
  });

  const scanner = new SecretScanner();
  await measure(`texts below ${values.tree}`, () => {
    let bytes = 0;
    let files = 0;
    let findings = 0;
    const began = performance.now();
    for (const entry of readdirSync(resolve(root, values.tree), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(?:[cm]?[jt]s|json|ya?ml|md|txt|html|css|env|sh)$/.test(entry.name))
        continue;
      const path = join(entry.parentPath, entry.name);
      if (lstatSync(path).size > 10 * 1024 * 1024) continue;
      const content = readFileSync(path);
      bytes += content.length;
      files++;
      findings += scanner.scan(content, { file: path, salt: "bench" }).findings.length;
    }
    const rate = bytes / 1024 / 1024 / ((performance.now() - began) / 1000);
    return `${files} files, ${(bytes / 1024 / 1024).toFixed(1)} MiB, ${rate.toFixed(1)} MiB/s, ${findings} findings`;
  });

  for (const piece of [
    "password=",
    "-----BEGIN PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiJ9.",
    'token="',
    "machine a login b password ",
  ]) {
    await measure(`1 MiB of ${JSON.stringify(piece)}`, () => {
      const text = new TextEncoder().encode(piece.repeat(Math.floor(1_048_576 / piece.length)));
      return `${scanner.scan(text, { file: "a.env", salt: "bench" }).findings.length} findings`;
    });
  }

  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  await measure("package-lock.json and its SBOM", () => {
    const inventory = readLockFile("package-lock.json", lock);
    const subject = {
      name: "sluice",
      version: "0.0.0",
      kind: "archive",
      digest: `sha256:${"0".repeat(64)}`,
    } as const;
    return `${inventory.packages.length} packages, ${cycloneDx(subject, [inventory], "0.0.0").length} characters`;
  });
  console.table(rows);
} finally {
  rmSync(output, { recursive: true, force: true });
}
