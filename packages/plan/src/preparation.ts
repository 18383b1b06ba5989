import { formatPercent, type ProjectConfig, type ServiceSettings, tagsOf } from "@sluice/config";
import type { PlannedStage, PlannedStep } from "@sluice/documents";
import type { PlanInput } from "./input.ts";
import { skippedStage, stage, step } from "./step.ts";

/** The build: every configured command, then the artifact of each service. */
export function buildStage(input: PlanInput, services: readonly ServiceSettings[]): PlannedStage {
  const { project, environment, request } = input;
  const install = project.build.install;
  const steps: PlannedStep[] = install
    ? [step("build/install", `run \`${install.join(" ")}\` once for all services`)]
    : [];
  for (const { name, path, build } of services) {
    const phase = (id: string, command: readonly string[] | undefined) =>
      command
        ? [
            step(`build/${name}/${id}`, `${id} ${name}: \`${command.join(" ")}\` in ${path}`, {
              service: name,
            }),
          ]
        : [];
    steps.push(
      ...phase("install", build.install),
      ...phase("lint", build.lint),
      ...phase("test", build.test),
      ...phase("coverage", build.coverage?.command),
      ...thresholdStep(name, build),
      ...phase("build", build.build),
    );
    const tags = tagsOf(project.tags, {
      service: name,
      environment: environment.environment,
      version: request.version,
      sha: request.commit,
      issueId: request.issueId,
    });
    const tagged = tags.length > 0 ? `, tagged ${tags.join(", ")}` : "";
    steps.push(
      step(`build/${name}/package`, `pack ${join(path, build.output)} as the artifact of ${name}${tagged}`, {
        service: name,
      }),
    );
  }
  return stage("build", steps);
}

const thresholdStep = (name: string, { coverage }: ServiceSettings["build"]): PlannedStep[] =>
  coverage
    ? [
        step(
          `build/${name}/threshold`,
          `refuse ${name} when fewer than ${formatPercent(coverage.threshold)} of its lines are covered`,
          { service: name },
        ),
      ]
    : [];

const join = (path: string, output: string): string => (output === "." ? path : `${path}/${output}`);

/** The scans that are configured. */
export function scanStage({ scan }: ProjectConfig, services: readonly ServiceSettings[]): PlannedStage {
  const { secrets, dependencies, sbom } = scan;
  const source = dependencies.source === "online" ? "OSV" : dependencies.source;
  const steps = [
    ...(secrets
      ? [step("scan/secrets", "look for secrets in the tree and in the commits of the release")]
      : []),
    ...(dependencies.enabled
      ? [
          step(
            "scan/dependencies",
            `look for dependencies with vulnerabilities of severity ${dependencies.threshold} or above in ${source}`,
          ),
        ]
      : []),
    ...(sbom
      ? services.map(({ name }) =>
          step(`scan/${name}/sbom`, `write the CycloneDX SBOM of ${name}`, { service: name }),
        )
      : []),
  ];
  return steps.length > 0
    ? stage("scan", steps)
    : skippedStage("scan", "every scanner is turned off in the project");
}

/** Backup, migrations, validation. */
export function migrateStage({ project, pendingMigrations }: PlanInput): PlannedStage {
  const { database } = project;
  if (!database) return skippedStage("migrate", "the project has no database");
  const steps = [
    step("migrate/check", `check that no applied migration in ${database.migrations} has changed`),
  ];
  if (pendingMigrations?.length === 0)
    return stage("migrate", [...steps, step("migrate/none", "apply nothing: no migration is pending")]);
  if (database.backup !== false) steps.push(step("migrate/backup", "back up the database"));
  if (pendingMigrations)
    steps.push(...pendingMigrations.map((file) => step(`migrate/apply/${file}`, `apply ${file}`)));
  else
    steps.push(
      step("migrate/apply", `apply the migrations in ${database.migrations} that are not applied yet`),
    );
  steps.push(step("migrate/validate", "validate the schema and record its fingerprint"));
  return stage("migrate", steps);
}
