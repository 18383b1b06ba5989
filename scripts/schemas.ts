import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configSchema } from "@sluice/config";
import { Event, Plan, Result, Verdict } from "@sluice/documents";
import { z } from "zod";

/** Writes the published JSON Schemas into `schema/`; with `--check` only says which are not up to date. */

const directory = fileURLToPath(new URL("../schema/", import.meta.url));
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

const isCheck = process.argv.includes("--check");
const outdated: string[] = [];
mkdirSync(directory, { recursive: true });
for (const [name, schema] of Object.entries(schemas)) {
  const file = `${directory}${name}.schema.json`;
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (text === existing(file)) continue;
  outdated.push(`schema/${name}.schema.json`);
  if (!isCheck) writeFileSync(file, text);
}
if (outdated.length > 0)
  console.log(
    isCheck
      ? `Not up to date: ${outdated.join(", ")}. Run \`node scripts/schemas.ts\`.`
      : `Wrote ${outdated.join(", ")}.`,
  );
if (isCheck && outdated.length > 0) process.exitCode = 1;

function existing(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
