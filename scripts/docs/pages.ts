import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonCodes } from "@sluice/documents";
import { actionsTable, inputsTable, outputsTable, readActions, readCallableWorkflows } from "./manifests.ts";
import { code, hasSection, replaceSection, table } from "./sections.ts";

/** A page and what it has to say, relative to the root of the repository. */
export interface Page {
  path: string;
  content: string;
}

const generated = "<!-- Written by `npm run docs`; changes here are lost. -->";

/**
 * Every page that is generated as a whole or in parts.
 *
 * @throws Error naming the page that lacks a place for what is generated
 */
export async function renderPages(root: string): Promise<Page[]> {
  const actions = await readActions(root);
  const filled = async (path: string, sections: Record<string, string>): Promise<Page> => {
    let content = await readFile(join(root, path), "utf8").catch(() => {
      throw new Error(`${path} is missing`);
    });
    for (const [name, section] of Object.entries(sections)) {
      try {
        content = replaceSection(content, name, section);
      } catch (error) {
        throw new Error(`${path}: ${(error as Error).message}`);
      }
    }
    return { path, content };
  };
  const readme = await readFile(join(root, "README.md"), "utf8");
  return [
    ...(await Promise.all(
      actions.map(({ folder, description, inputs = {}, outputs = {} }) =>
        filled(`actions/${folder}/README.md`, {
          description,
          inputs: inputsTable(inputs),
          outputs: outputsTable(outputs),
        }),
      ),
    )),
    ...(hasSection(readme, "actions") ? [await filled("README.md", { actions: actionsTable(actions) })] : []),
    { path: "docs/reference/workflows.md", content: await workflowsPage(root) },
    { path: "docs/reference/reason-codes.md", content: reasonCodesPage() },
  ];
}

async function workflowsPage(root: string): Promise<string> {
  const workflows = await readCallableWorkflows(root);
  const examples = (await readdir(join(root, "examples/workflows"))).sort();
  const parts = workflows.map(
    ({ name, introduction, inputs, outputs, secrets }) => `## ${name}

\`sluice-deploy/sluice/.github/workflows/${name}.yml@v0\`

${introduction.trim()}

${inputsTable(inputs)}

${outputsTable(outputs)}

Secrets: ${Object.entries(secrets)
      .map(([secret, { description = "" }]) => `${code(secret)} — ${description}`)
      .join(" ")}
`,
  );
  return `# Reusable workflows

${generated}

They chain the actions; a repository calls them with \`uses:\` on a job. Callers to copy:
${examples.map((file) => `[${file}](../../examples/workflows/${file})`).join(", ")}.

${parts.join("\n")}`;
}

function reasonCodesPage(): string {
  const rows = Object.entries(reasonCodes).map(([reasonCode, meaning]) => [code(reasonCode), meaning]);
  return `# Reason codes

${generated}

Every refusal, verdict and result carries one. A code never changes its meaning; messages may get better.

${table(["code", "meaning"], rows)}
`;
}
