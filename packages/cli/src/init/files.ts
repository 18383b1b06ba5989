import { Document, isScalar, visit } from "yaml";
import type { FoundProject, PlacedService } from "./detect.ts";

export interface NewFile {
  path: string;
  content: string;
}

/**
 * The first configuration of a project: what it contains, the three environments to which the branches of the
 * workflow belong, and the workflow.
 */
export function firstFiles(project: FoundProject): NewFile[] {
  return [
    file("project", "project", "What this repository contains.", projectOf(project)),
    file("dev-config", "environment", "What develop is deployed to.", development),
    file("staging-config", "environment", "What staging is deployed to.", staging),
    file("production-config", "environment", "What main is deployed to.", production),
    { path: ".github/workflows/deploy.yml", content: firstWorkflow },
  ];
}

const schemas = "https://raw.githubusercontent.com/sluice-deploy/sluice/v0/schema";

const file = (
  name: string,
  schema: "project" | "environment",
  meaning: string,
  content: object,
): NewFile => ({
  path: `.deploy/${name}.yaml`,
  content: [
    `# yaml-language-server: $schema=${schemas}/${schema}.schema.json`,
    `# ${meaning} \`sluice lint\` checks it, \`sluice plan\` shows what it means.`,
    yamlOf(content),
  ].join("\n"),
});

/** The text of a document, with lists of words (commands, names) on one line as people write them. */
function yamlOf(content: object): string {
  const document = new Document(content);
  visit(document, {
    Seq: (_key, list) => {
      list.flow = list.items.every(isScalar);
    },
  });
  return document.toString({ flowCollectionPadding: false });
}

function projectOf({ name, services, migrations, installsAtRoot }: FoundProject): object {
  const usesDatabase = services.some(({ urlVariables }) => urlVariables.has(databaseUrl));
  return {
    name,
    ...(installsAtRoot ? { build: { install: ["npm", "ci"] } } : {}),
    services: services.map((service) =>
      // Where no source speaks of it, nobody can see which of them needs it.
      serviceOf(service, migrations !== null && !usesDatabase),
    ),
    ...(migrations === null ? {} : { database: { urlVariable: databaseUrl, migrations } }),
    ...(services.every(({ version }) => version === "metrics") ? {} : { verify: { metrics: false } }),
  };
}

const databaseUrl = "DATABASE_URL";

function serviceOf(service: PlacedService, isGivenDatabase: boolean): object {
  const { name, path, command, build, healthPath, dependsOn, urlVariables } = service;
  return {
    name,
    path,
    tier: "core",
    ...(dependsOn.length > 0 ? { dependsOn } : {}),
    command,
    ...(isGivenDatabase || urlVariables.has(databaseUrl) ? { secrets: [databaseUrl] } : {}),
    ...(Object.keys(build).length > 0 ? { build } : {}),
    ...(healthPath && healthPath !== "/health" ? { healthCheck: { path: healthPath } } : {}),
  };
}

const development = {
  environment: "development",
  target: "local",
  strategy: "recreate",
  replicas: 1,
  autoDeploy: true,
  healthCheck: { path: "/health", initialDelay: "0s", timeout: "5s", interval: "1s", retries: 30 },
};

const staging = {
  environment: "staging",
  target: "local",
  strategy: "rolling",
  replicas: 2,
  healthCheck: { path: "/health", initialDelay: "0s", timeout: "5s", interval: "2s", retries: 30 },
};

const production = {
  environment: "production",
  target: "local",
  strategy: "canary",
  replicas: 2,
  canary: {
    steps: [
      { weight: 5, pause: "10m" },
      { weight: 25, pause: "10m" },
      { weight: 50, pause: "15m" },
      { weight: 100 },
    ],
    analysis: { interval: "10s" },
  },
  healthCheck: { path: "/health", initialDelay: "10s", timeout: "5s", failureThreshold: 3 },
  autoRollback: { enabled: true, conditions: ["error_rate > 5%", "availability < 99%"] },
  watch: { duration: "15m" },
};

/** The workflow of the README, which `examples/workflows/first.yml` shows too. */
const firstWorkflow = `name: deploy
on:
  push: { branches: [develop, staging, main] }
  pull_request: { branches: [develop, main] }
permissions: {}
jobs:
  pipeline:
    permissions: { contents: read, security-events: write }
    uses: sluice-deploy/sluice/.github/workflows/pipeline.yml@v0
    secrets: inherit
`;
