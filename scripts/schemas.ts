import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { configSchema, referencePage } from "@sluice/config";
import { Event, Plan, Result, Verdict } from "@sluice/documents";
import { z } from "zod";

/** Writes what is made from the schemas: `schema/*.schema.json` and the reference of the configuration; `--check` only compares. */

const root = fileURLToPath(new URL("../", import.meta.url));
const document = (schema: z.ZodType, title: string) => ({
  title,
  ...z.toJSONSchema(schema, { io: "input" }),
});

const schemas: Record<string, object> = {
  project: configSchema("project"),
  environment: configSchema("environment"),
  plan: document(Plan, "Sluice plan"),
  result: document(Result, "Sluice result"),
  event: document(Event, "Sluice event"),
  verdict: document(Verdict, "Sluice verdict"),
};

const pages: Record<string, string> = { "docs/reference/configuration.md": referencePage() };
for (const [name, schema] of Object.entries(schemas))
  pages[`schema/${name}.schema.json`] = `${JSON.stringify(schema, null, 2)}\n`;

const isCheck = process.argv.includes("--check");
const outdated = Object.entries(pages).filter(([file, text]) => text !== existing(join(root, file)));
if (!isCheck)
  for (const [file, text] of outdated) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
const names = outdated.map(([file]) => file).join(", ");
if (names)
  console.log(isCheck ? `Not up to date: ${names}. Run \`node scripts/schemas.ts\`.` : `Wrote ${names}.`);
if (names && isCheck) process.exitCode = 1;

function existing(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
