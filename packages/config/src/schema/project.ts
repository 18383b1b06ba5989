import { z } from "zod";
import { branchPresetNames } from "../presets.ts";
import { tagTemplatePattern, tagTemplateRule } from "../tags.ts";
import { Port, Variables, variableNamePattern, variableNameRule } from "./environment.ts";
import { durationField, latencyField, percentField } from "./fields.ts";
import { HealthCheckOverride } from "./health-check.ts";

const command = (description: string, example: string[]) =>
  z
    .array(z.string())
    .min(1)
    .meta({ description: `${description} Program and arguments; no shell.`, examples: [example] });

const relativePath = (description: string, example: string) =>
  z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, "a relative path inside of the repository")
    .meta({ description, examples: [example] });

const name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "lower-case letters, digits and hyphens");

const Coverage = z
  .strictObject({
    command: command("Runs the tests with coverage.", ["npm", "run", "test:coverage"]).optional(),
    report: relativePath(
      "The lcov report that it writes, relative to the service.",
      "coverage/lcov.info",
    ).prefault("coverage/lcov.info"),
    threshold: percentField({
      description: "The least line coverage that is accepted.",
      examples: ["80%"],
    }).prefault("80%"),
  })
  .meta({ description: "Coverage of the unit tests." });

const Build = z
  .strictObject({
    install: command("Installs what the service needs.", ["npm", "ci"]).optional(),
    lint: command("Checks the style.", ["npm", "run", "lint"]).optional(),
    test: command("Runs the unit tests.", ["npm", "test"]).optional(),
    coverage: Coverage.optional(),
    build: command("Makes what is deployed.", ["npm", "run", "build"]).optional(),
    output: relativePath("Directory that becomes the artifact, relative to the service.", "dist").prefault(
      ".",
    ),
    junit: relativePath(
      "JUnit report that the tests write, relative to the service.",
      "reports/junit.xml",
    ).optional(),
  })
  .meta({
    description: "How the service is built and tested, in the order install, lint, test, coverage, build.",
  });
export type Build = z.output<typeof Build>;

export const SmokeCheck = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .meta({ description: "What the check shows.", examples: ["place an order"] }),
    method: z
      .enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
      .meta({ description: "HTTP method.", examples: ["POST"] })
      .prefault("GET"),
    path: z
      .string()
      .startsWith("/", "a path that begins with `/`")
      .meta({ description: "Path of the request.", examples: ["/orders"] }),
    headers: z
      .record(z.string(), z.string())
      .meta({ description: "Headers of the request.", examples: [{ accept: "application/json" }] })
      .optional(),
    body: z
      .json()
      .meta({
        description: "Body of the request: a text as it is, anything else as JSON.",
        examples: [{ product: "kettle", quantity: 1 }],
      })
      .optional(),
    status: z
      .int()
      .min(100)
      .max(599)
      .meta({ description: "Status that the answer must have.", examples: [200, 201] })
      .prefault(200),
    contains: z
      .string()
      .meta({ description: "Text that the answer must contain.", examples: ["Latest orders"] })
      .optional(),
    json: z
      .record(z.string(), z.json())
      .meta({
        description: "Values that the JSON answer must have, by path in it.",
        examples: [{ status: "ok", "items.0.name": "book" }],
      })
      .optional(),
    maxLatency: latencyField({
      description: "The longest that the whole answer may take.",
      examples: ["500ms"],
    }).optional(),
  })
  .meta({ description: "One request with what its answer must be." });
export type SmokeCheck = z.output<typeof SmokeCheck>;

const Service = z
  .strictObject({
    name: name.meta({ description: "Name of the service.", examples: ["orders"] }),
    path: relativePath("Directory of the service in the repository.", "services/orders"),
    tier: z
      .enum(["core", "supporting", "ui"])
      .meta({
        description: "Core services are deployed and verified first, the user interface last.",
        examples: ["core"],
      })
      .prefault("core"),
    dependsOn: z
      .array(name)
      .meta({
        description:
          "Services that must be there before this one. It finds them in its environment: `catalog` as `CATALOG_URL`, unless `environment` or `secrets` has a variable of that name.",
        examples: [["catalog"]],
      })
      .prefault([]),
    command: command("Starts the service; it listens on the port in `PORT`.", ["node", "server.js"]),
    port: Port.meta({
      description: "Port on which users reach the service; without it, any free one.",
      examples: [8080],
    }).optional(),
    environment: Variables.meta({ description: "Environment variables of the service." }).prefault({}),
    secrets: z
      .array(z.string().regex(variableNamePattern, variableNameRule))
      .meta({
        description:
          "Names of environment variables that are passed on and whose values are secret. In a workflow they come from `env` of the step, or from its input `secrets`.",
        examples: [["DATABASE_URL"]],
      })
      .prefault([]),
    build: Build.prefault({}),
    healthCheck: HealthCheckOverride.optional(),
    smoke: z
      .array(SmokeCheck)
      .meta({ description: "Requests that show that the service works." })
      .prefault([]),
  })
  .meta({ description: "One deployable service." });
export type Service = z.output<typeof Service>;

const Database = z
  .strictObject({
    urlVariable: z
      .string()
      .regex(variableNamePattern, variableNameRule)
      .meta({
        description: "Environment variable that holds the connection URL.",
        examples: ["DATABASE_URL"],
      })
      .prefault("DATABASE_URL"),
    migrations: relativePath("Directory of the files `V<version>__<name>.sql`.", "migrations").prefault(
      "migrations",
    ),
    lockTimeout: durationField({
      description: "How long a statement may wait for a lock.",
      examples: ["5s"],
    }).prefault("5s"),
    statementTimeout: durationField({
      description: "How long a statement may take; `0s` is no limit.",
      examples: ["5m"],
    }).prefault("5m"),
    backup: z
      .union([z.boolean(), relativePath("A directory.", "backups")])
      .meta({
        description: "Back up before a migration: yes, no, or the directory for it.",
        examples: [true],
      })
      .prefault(true),
  })
  .meta({ description: "The PostgreSQL database of the project and its migrations." });
export type Database = z.output<typeof Database>;

const Scan = z
  .strictObject({
    secrets: z
      .boolean()
      .meta({ description: "Look for secrets in the tree and the release's commits." })
      .prefault(true),
    dependencies: z
      .strictObject({
        enabled: z
          .boolean()
          .meta({ description: "Look for dependencies with known vulnerabilities." })
          .prefault(true),
        source: z
          .string()
          .min(1)
          .meta({
            description: "`online` asks OSV; anything else is a folder of OSV records.",
            examples: ["online"],
          })
          .prefault("online"),
        threshold: z
          .enum(["low", "medium", "high", "critical"])
          .meta({ description: "Findings of this severity and above stop the release.", examples: ["high"] })
          .prefault("high"),
      })
      .meta({ description: "The vulnerability scan." })
      .prefault({}),
    sbom: z.boolean().meta({ description: "Write a CycloneDX SBOM for each artifact." }).prefault(true),
  })
  .meta({ description: "What is scanned before anything is deployed." });

const Verify = z
  .strictObject({
    smoke: z
      .array(
        SmokeCheck.extend({
          service: name.meta({ description: "Service that is asked.", examples: ["shop"] }),
        }),
      )
      .meta({ description: "Requests that show that the whole system works." })
      .prefault([]),
    database: z
      .boolean()
      .meta({ description: "Check that the database can be reached, where there is one." })
      .prefault(true),
    metrics: z
      .boolean()
      .meta({
        description: "Check that `/metrics` of each service names its version in `deployment_version`.",
      })
      .prefault(true),
    tests: z
      .record(z.string(), command("Runs the tests.", ["npm", "run", "test:integration"]))
      .meta({ description: "Tests by name, for `postDeploymentTests` of the environments." })
      .prefault({}),
    script: command(
      "A check of your own; exit status 0 is good. It finds the name of the environment in `SLUICE_ENVIRONMENT` and each service as `<SERVICE>_URL`.",
      ["scripts/verify-deployment.sh"],
    ).optional(),
  })
  .meta({ description: "What is checked after a deployment and after a rollback." });

/** `.deploy/project.yaml`: what the repository contains. */
export const ProjectConfig = z
  .strictObject({
    name: name.meta({ description: "Name of the project.", examples: ["shop"] }),
    services: z.array(Service).min(1).meta({ description: "The services of the repository." }),
    build: z
      .strictObject({ install: command("Installs what all services need, once.", ["npm", "ci"]).optional() })
      .meta({ description: "What is done once before the services are built." })
      .prefault({}),
    database: Database.optional(),
    scan: Scan.prefault({}),
    verify: Verify.prefault({}),
    branches: z
      .union([z.enum(branchPresetNames), z.record(z.string(), z.string().min(1))])
      .meta({
        description:
          "Which branch is deployed to which environment, by pattern (`release/*`), or the name of a preset; `environment: auto` of the actions goes by it. Without a pattern that fits, a branch is only checked, with the first environment.",
        examples: ["development-first", { develop: "staging", main: "production" }],
      })
      .prefault("development-first"),
    tags: z
      .record(z.string(), z.array(z.string().regex(tagTemplatePattern, tagTemplateRule)).min(1))
      .meta({
        description:
          "Tags of the artifacts by environment; `hotfix` for hotfixes, `*` for all others. Fields: {service} {version} {sha} {short-sha} {issue-id} {environment}.",
        examples: [{ development: ["{service}:dev-{short-sha}"] }],
      })
      .prefault({}),
  })
  .meta({ title: "Sluice project", description: "What a repository contains: `.deploy/project.yaml`." });

/** A project with every default filled in. Times in seconds, shares in percent. */
export type ProjectConfig = z.output<typeof ProjectConfig>;
export type ProjectConfigInput = z.input<typeof ProjectConfig>;
