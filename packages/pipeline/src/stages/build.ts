import { join } from "node:path";
import { build, commitOf, type ServiceToBuild, sanitizeTag } from "@sluice/building";
import { type ServiceSettings, type TagFields, tagsOf } from "@sluice/config";
import type { BuildDetails, Release, Result } from "@sluice/documents";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { versionOf, writeRelease } from "../release.ts";
import { runStage } from "../stage.ts";

export interface BuildRequest {
  version?: string;
  services?: readonly string[];
  /** The issue that a hotfix mends; it names the tags of the artifacts. */
  issueId?: string;
}

/** Builds the services into `<out>/artifacts` and writes the release document for the stages after it. */
export function buildStage(context: Context, request: BuildRequest): Promise<Result> {
  return runStage(context, "build", request.version, async () => {
    const version = await versionOf(context, request.version);
    const services = chosenServices(context, request.services);
    const names = new Set(services.map(({ name }) => name));
    const commit = (await commitOf(context.directory, { env: context.variables }))?.sha;
    const outcome = await build({
      directory: context.directory,
      install: context.project.build.install,
      services: services.map((service) =>
        toBuild(context, service, { version, sha: commit, issueId: request.issueId }, names),
      ),
      version,
      artifactDirectory: join(context.out, "artifacts"),
      leaveOut: [context.out, context.state],
      env: context.buildVariables,
      signal: context.signal,
      onProgress: context.onProgress,
    });
    if (outcome.status === "succeeded") writeRelease(context, releaseOf(version, commit, outcome.details));
    return outcome;
  });
}

function toBuild(
  context: Context,
  service: ServiceSettings,
  release: Pick<TagFields, "version" | "sha" | "issueId">,
  chosen: ReadonlySet<string>,
): ServiceToBuild {
  const { install, lint, test, coverage, build: command, output, junit } = service.build;
  return {
    name: service.name,
    path: service.path,
    install,
    lint,
    test,
    coverage: coverage && {
      command: coverage.command,
      report: coverage.report,
      thresholdPercent: coverage.threshold,
    },
    build: command,
    output,
    junit,
    dependsOn: service.dependsOn.filter((name) => chosen.has(name)),
    tags: tagsOf(context.project.tags, {
      service: service.name,
      environment: context.environment.environment,
      ...release,
    }).map(sanitizeTag),
  };
}

function releaseOf(version: string, commit: string | undefined, details: BuildDetails): Release {
  return {
    version,
    ...(commit ? { commit } : {}),
    services: details.services.flatMap(({ name, artifact }) => (artifact ? [{ name, artifact }] : [])),
  };
}
