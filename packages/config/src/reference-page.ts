import { canaryPresets } from "./presets.ts";
import { configReference, type ReferenceRow } from "./reference.ts";
import { formatDuration } from "./units.ts";

/** The reference of the configuration as a Markdown page, made from the schema alone. */
export function referencePage(): string {
  return [
    "# Configuration",
    "",
    "<!-- Made by `node scripts/schemas.ts` from packages/config; edit the schema there. -->",
    "",
    "A key that is not listed here is an error. A number whose unit decides what it means needs one: `10m`, `0.1%`,",
    "`500ms`, `500m`, `512Mi`. In the names below, `[]` stands for each entry of a list and `<name>` for a name of yours.",
    "",
    "## `.deploy/project.yaml`",
    "",
    "What the repository contains; the same for all environments.",
    "",
    ...table(configReference("project")),
    "",
    "## `.deploy/<prefix>-config.yaml`",
    "",
    "One environment. It is found by its prefix and by its `environment`.",
    "",
    ...table(configReference("environment").filter(({ key }) => !key.startsWith("services.<name>."))),
    "",
    "`services.<name>` takes `strategy`, `replicas`, `resources`, `healthCheck`, `canary`, `port` and `environment`",
    "with the same keys; what is not there is as in the environment.",
    "",
    "## Presets of `canary.preset`",
    "",
    "| preset | steps |",
    "|---|---|",
    ...Object.entries(canaryPresets).map(
      ([name, steps]) =>
        `| \`${name}\`${name === "standard" ? " (default)" : ""} | ${steps
          .map(({ weight, pause }) =>
            pause > 0 ? `${weight} % for ${formatDuration(pause)}` : `${weight} %`,
          )
          .join(", ")} |`,
    ),
    "",
  ].join("\n");
}

function table(rows: readonly ReferenceRow[]): string[] {
  return [
    "| key | type | default | meaning |",
    "|---|---|---|---|",
    ...rows.map(
      (row) => `| \`${row.key}\` | ${cell(row.type)} | ${cell(defaultOf(row))} | ${cell(meaning(row))} |`,
    ),
  ];
}

const defaultOf = (row: ReferenceRow): string => {
  if (row.isRequired) return "**required**";
  if (row.default === undefined || isEmpty(row.default)) return "";
  return code(row.default);
};

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** The type has a column of its own here, so how it is written need not be said again in each row. */
function meaning({ description, examples }: ReferenceRow): string {
  const text = description.replace(/ Written as .*$/, "");
  return examples.length === 0 || typeof examples[0] === "boolean"
    ? text
    : `${text} Example: ${code(examples[0])}.`;
}

const code = (value: unknown): string => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/\s+/g, " ");
