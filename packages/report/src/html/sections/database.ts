import type { DetailsOf } from "@sluice/documents";
import { bytes, count, counted, duration } from "../../format.ts";
import { html, type Markup } from "../markup.ts";
import { badge, empty, folded, numeric, table } from "../parts.ts";

/** The migrations of the run, and the schema before and after them. */
export function databaseSection({
  database,
  before,
  after,
  backup,
  migrations,
  validation,
}: DetailsOf<"migrate">): Markup {
  const applied = migrations.filter((migration) => migration.outcome === "applied").length;
  const failed = migrations.some((migration) => migration.outcome === "failed");
  const names = [
    ...new Set([...(before?.tables ?? []), ...(after?.tables ?? [])].map((t) => t.name)),
  ].toSorted();
  const change = (name: string, key: "columns" | "rows") => {
    const [was, is] = [before, after].map((schema) => schema?.tables.find((t) => t.name === name)?.[key]);
    const text = (value: number | undefined) => (value === undefined ? "none" : count(value));
    return was === is ? text(is) : html`${text(was)} → <strong>${text(is)}</strong>`;
  };
  return folded(
    "Database",
    html`${failed ? badge("failed") : ""} ${applied === 0 ? "nothing to apply" : `${counted(applied, "migration")} applied`}, version ${before?.version ?? "none"} → ${after?.version ?? "none"}`,
    html`<p class="quiet"><code>${database}</code>${backup ? html`, backup before: <code>${backup.reference}</code> (${bytes(backup.bytes)})` : ", no backup was made"}.
${before && after && (before.fingerprint === after.fingerprint ? "The schema is the same as before." : "The schema has changed.")}</p>
${
  migrations.length === 0
    ? empty("The project has no migrations.")
    : table(
        "Migrations",
        ["Version", "File", "Phase", "Outcome", numeric("Statements"), numeric("Time")],
        migrations.map((migration) => [
          migration.version,
          html`<code>${migration.file}</code>`,
          migration.phase,
          badge(migration.outcome),
          count(migration.statements),
          migration.outcome === "applied" || migration.outcome === "failed"
            ? duration(migration.seconds)
            : "–",
        ]),
      )
}
${
  validation.length > 0 &&
  table(
    "Looked at afterwards",
    ["Check", "", "What was found"],
    validation.map((check) => [check.name, badge(check.passed ? "passed" : "failed"), check.message]),
  )
}
${
  names.length === 0
    ? empty("The database has no tables, or its schema was not read.")
    : table(
        "Tables before → after",
        ["Table", numeric("Columns"), numeric("Rows")],
        names.map((name) => [html`<code>${name}</code>`, change(name, "columns"), change(name, "rows")]),
      )
}`,
    failed || validation.some((check) => !check.passed),
  );
}
