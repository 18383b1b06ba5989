/**
 * What a user downloads: the size of `dist/` by file, and by npm package inside of it.
 *
 *     npm run bench:size
 */
import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const dist = join(root, "dist");
const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const files = await Promise.all(
  entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: relative(dist, path), bytes: (await stat(path)).size };
    }),
);
files.sort((a, b) => b.bytes - a.bytes);
const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
for (const { name, bytes } of files.filter(({ bytes }) => bytes >= 10_000))
  console.log(`${kilobytes(bytes)}  ${((100 * bytes) / total).toFixed(1).padStart(5)} %  ${name}`);
console.log(`${kilobytes(total)}  100.0 %  dist/ (${files.length} files); the limit is 8192 kB`);
if (total > 8 * 1024 * 1024) process.exitCode = 1;

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0).padStart(6)} kB`;
}
