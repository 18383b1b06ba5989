/**
 * Builds `dist/`: one ncc build for every program, with shared chunks, minified; then starts each of them once.
 *
 *     node scripts/build.ts [--out DIR] [--skip-types] [--if-changed]
 */
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import ncc from "@vercel/ncc";
import { transform } from "esbuild";
import { isFresh, recordName, recordOf } from "./built-from.ts";
import { findPrograms, type Program } from "./programs.ts";

const root = resolve(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    out: { type: "string", default: "dist" },
    "skip-types": { type: "boolean", default: false },
    "if-changed": { type: "boolean", default: false },
  },
});
const out = resolve(root, options.out);

if (options["if-changed"] && isFresh(root, out)) {
  console.log(`${options.out}/ is what the sources make.`);
  process.exit();
}

const programs = await findPrograms(root);
const types = options["skip-types"] ? Promise.resolve() : checkTypes();
const files = await bundle(programs);
await types;
await write(files);
await startEach(programs);
await writeFile(join(out, recordName), recordOf(root, out));
report(files);

async function checkTypes(): Promise<void> {
  const { exitCode, output } = await execute("tsc", ["--noEmit"]);
  if (exitCode !== 0) throw new Error(`The types do not fit:\n${output}`);
}

/** Bundles all programs behind one entry, so that what two of them use is written once. */
async function bundle(list: readonly Program[]): Promise<Map<string, string>> {
  const entry = join(root, ".build", "entry.ts");
  await mkdir(join(root, ".build"), { recursive: true });
  const imports = list.map(({ name, main }) => {
    const path = relative(join(root, ".build"), main);
    return `  ${JSON.stringify(name)}: () => import(${JSON.stringify(path)}),`;
  });
  await writeFile(
    entry,
    `const programs: Record<string, () => Promise<{ run(): Promise<void> }>> = {\n${imports.join("\n")}\n};\n` +
      "export const run = async (name: string): Promise<void> => (await programs[name]!()).run();\n",
  );
  const { code, assets } = await ncc(entry, {
    quiet: true,
    transpileOnly: true,
    target: "es2024",
    license: "licenses.txt",
    cache: false,
  });
  const written = new Map<string, string>([["index.js", code]]);
  for (const [name, { source }] of Object.entries(assets)) written.set(name, source.toString());
  for (const [name, content] of written) if (name.endsWith(".js")) written.set(name, await minify(content));
  for (const { name } of list) written.set(`${name}/index.js`, startOf(name));
  return written;
}

/** What starts a program. */
function startOf(name: string): string {
  const start = `import { run } from "../index.js";\nawait run(${JSON.stringify(name)});\n`;
  return name === "cli" ? `#!/usr/bin/env node\n${start}` : start;
}

/** ncc leaves chunks alone when it minifies, so all files are minified here, in the same way. */
async function minify(code: string): Promise<string> {
  const result = await transform(code, {
    minify: true,
    format: "esm",
    target: "node24",
    legalComments: "none",
  });
  return result.code;
}

async function write(content: ReadonlyMap<string, string>): Promise<void> {
  await rm(out, { recursive: true, force: true });
  for (const [name, text] of content) {
    const path = join(out, name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, text, { mode: name === "cli/index.js" ? 0o755 : 0o644 });
  }
}

/** A bundle can be written and still be broken: each has to load and to answer that its inputs are missing. */
async function startEach(list: readonly Program[]): Promise<void> {
  const outcomes = await Promise.all(
    list.map(async ({ name, probe }) => {
      const result = await execute(process.execPath, [join(out, name, "index.js"), ...probe.args], {
        PATH: process.env.PATH,
      });
      return { name, ok: probe.expects.test(result.output), output: result.output };
    }),
  );
  const broken = outcomes.filter(({ ok }) => !ok);
  if (broken.length > 0)
    throw new Error(
      broken.map(({ name, output }) => `dist/${name}/index.js does not start:\n${output}`).join("\n\n"),
    );
}

function report(content: ReadonlyMap<string, string>): void {
  const sizes = [...content].map(([name, text]) => ({ name, bytes: Buffer.byteLength(text) }));
  const large = sizes.filter(({ bytes }) => bytes > 50_000).sort((a, b) => b.bytes - a.bytes);
  for (const { name, bytes } of large) console.log(`${(bytes / 1024).toFixed(0).padStart(6)} kB  ${name}`);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(
    `${(total / 1024).toFixed(0).padStart(6)} kB  in ${sizes.length} files, ${programs.length} programs`,
  );
}

function execute(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", fail).on("close", (exitCode) => done({ exitCode, output }));
  });
}
