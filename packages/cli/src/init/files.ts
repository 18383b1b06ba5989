import { stringify } from "yaml";
import type { FoundProject, FoundService } from "./detect.ts";

export interface NewFile {
  path: string;
  content: string;
}

/** The first configuration for a project: what it contains, two environments, one workflow. */
export function firstFiles(project: FoundProject): NewFile[] {
  return [
    {
      path: ".deploy/project.yaml",
      content: heading("What this repository contains.") + stringify(projectOf(project)),
    },
    {
      path: ".deploy/dev-config.yaml",
      content: heading("One environment: development.") + stringify(development),
    },
    {
      path: ".deploy/production-config.yaml",
      content: heading("One environment: production.") + stringify(production),
    },
    { path: ".github/workflows/deploy.yml", content: workflow },
  ];
}

const heading = (text: string): string =>
  `# ${text} \`sluice lint\` checks it, \`sluice plan\` shows what it means.\n`;

function projectOf({ name, services, migrations, installsAtRoot }: FoundProject): object {
  return {
    name,
    ...(installsAtRoot ? { build: { install: ["npm", "ci"] } } : {}),
    services: services.map((service) => serviceOf(service, migrations !== null)),
    ...(migrations === null ? {} : { database: { urlVariable: "DATABASE_URL", migrations } }),
  };
}

function serviceOf(
  { name, path, command, scripts, hasLockFile }: FoundService,
  hasDatabase: boolean,
): object {
  const npmRun = (script: string): object =>
    scripts.includes(script) ? { [script]: ["npm", "run", script] } : {};
  const build = {
    ...(hasLockFile && path !== "." ? { install: ["npm", "ci"] } : {}),
    ...npmRun("lint"),
    ...npmRun("test"),
    ...npmRun("build"),
  };
  return {
    name,
    path,
    tier: "core",
    command,
    ...(hasDatabase ? { secrets: ["DATABASE_URL"] } : {}),
    ...(Object.keys(build).length > 0 ? { build } : {}),
  };
}

const development = {
  environment: "development",
  target: "local",
  strategy: "recreate",
  replicas: 1,
  autoDeploy: true,
  healthCheck: { path: "/health", initialDelay: "1s", timeout: "5s" },
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

const workflow = `name: deploy
on:
  push:
    branches: [develop, main]
  pull_request:
permissions: {}
jobs:
  pipeline:
    uses: sluice-deploy/sluice/.github/workflows/pipeline.yml@v0
    permissions:
      contents: read
      security-events: write
    secrets: inherit
`;
