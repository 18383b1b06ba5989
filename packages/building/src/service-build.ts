import { rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Artifact, type BuildPhase, type BuiltService, type Problem, Refusal } from "@sluice/documents";
import { archiveDirectory } from "./archive.ts";
import { hasDockerfile, imageCommand, imageLabels, withIdFile } from "./image.ts";
import { refusalOf, runPhase, type Surroundings } from "./phases.ts";
import { coverageProblems, readCoverage, readTests, testProblems } from "./reports.ts";
import type { BuildRequest, CommandLine, ServiceToBuild } from "./request.ts";
import { sanitizeTag } from "./tags.ts";

/** What all services of a build share. */
export interface Shared {
  commit: string | undefined;
  /** Asked once, and only when a service has a Dockerfile. */
  hasEngine: () => Promise<boolean>;
}

/** The record of a service that has not been begun. */
export const notBuilt = (name: string): BuiltService => ({
  name,
  status: "skipped",
  artifact: null,
  image: null,
  seconds: 0,
  commands: [],
  tests: null,
  coverage: null,
});

/**
 * Takes one service through install, lint, test, coverage, build and package. The first failure ends it; what was
 * found until then is in the record.
 */
export async function buildService(
  service: ServiceToBuild,
  request: BuildRequest,
  shared: Shared,
): Promise<{ built: BuiltService; problems: Problem[] }> {
  const built = notBuilt(service.name);
  const problems: Problem[] = [];
  const began = performance.now();
  try {
    await takeThrough(service, request, shared, built, problems);
    built.status = "succeeded";
  } catch (error) {
    if (request.signal?.aborted) built.status = "cancelled";
    else if (error instanceof Refusal) {
      built.status = "failed";
      problems.unshift(...error.problems);
    } else throw error;
  }
  built.seconds = (performance.now() - began) / 1000;
  return { built, problems };
}

async function takeThrough(
  service: ServiceToBuild,
  request: BuildRequest,
  shared: Shared,
  built: BuiltService,
  problems: Problem[],
): Promise<void> {
  const at: Surroundings = { ...request, service: service.name, cwd: join(request.directory, service.path) };
  await refuseMissingDirectory(service, at.cwd);
  const command = async (phase: BuildPhase, line: CommandLine | undefined) => {
    const failure = line && (await runPhase(phase, line, at, built.commands));
    if (failure) throw refusalOf(failure, phase, service.path, service.name);
  };
  // A report of an earlier run must not speak for this one.
  const forget = (report: string | undefined) => report && rm(join(at.cwd, report), { force: true });

  await command("install", service.install);
  await command("lint", service.lint);
  if (service.test) {
    await forget(service.junit);
    await forget(service.coverage?.report);
    await test(service, service.test, at, built, problems);
  }
  if (service.coverage) {
    if (service.coverage.command) await forget(service.coverage.report);
    await command("coverage", service.coverage.command);
    const files = await readCoverage(service.coverage.report, at);
    const { coverage, problems: low } = coverageProblems(files, service.coverage.thresholdPercent, at);
    built.coverage = coverage;
    if (low.length > 0) throw new Refusal(low as [Problem]);
  }
  await command("build", service.build);
  built.artifact = await archive(service, request, at, built);
  if (request.images !== "never" && hasDockerfile(at.cwd)) {
    built.image = await image(service, request, shared, at, built, problems);
  }
}

async function refuseMissingDirectory(service: ServiceToBuild, cwd: string): Promise<void> {
  const stats = await stat(cwd).catch(() => null);
  if (stats?.isDirectory()) return;
  throw new Refusal({
    reasonCode: "config.not-allowed",
    message: `${service.name}: there is no directory ${service.path}.`,
    remedy: "Correct `path` of the service in the project configuration.",
  });
}

async function test(
  service: ServiceToBuild,
  line: CommandLine,
  at: Surroundings,
  built: BuiltService,
  problems: Problem[],
): Promise<void> {
  const failure = await runPhase("test", line, at, built.commands);
  if (service.junit) {
    // After a failure the report helps where it is there; after a success it is owed.
    built.tests = await readTests(service.junit, at).catch((error) => {
      if (failure) return null;
      throw error;
    });
  }
  if (built.tests && built.tests.failed > 0) {
    const { passed, failed } = built.tests;
    throw new Refusal([
      {
        reasonCode: "build.tests-failed",
        message: `${service.name}: ${failed} of ${passed + failed} tests failed.`,
        remedy: `Run \`${built.commands.at(-1)?.command}\` in ${service.path} and mend them.`,
      },
      ...testProblems(service.name, built.tests),
    ]);
  }
  if (failure) throw refusalOf(failure, "test", service.path, service.name);
  if (built.tests && built.tests.passed === 0) {
    problems.push({
      severity: "warning",
      reasonCode: "build.no-tests",
      message: `${service.name}: the tests ran, but none of them did anything: ${built.tests.skipped} skipped.`,
      remedy: "See whether the command finds the tests.",
    });
  }
}

async function archive(
  service: ServiceToBuild,
  request: BuildRequest,
  at: Surroundings,
  built: BuiltService,
): Promise<Artifact> {
  const name = `${service.name}-${request.version}`.replace(/[^A-Za-z0-9._+-]+/g, "-");
  const reference = join(request.artifactDirectory, `${name}.tar.gz`);
  const began = performance.now();
  const output = join(at.cwd, service.output);
  const { digest, bytes } = await archiveDirectory(output, reference, {
    leaveOut: [request.artifactDirectory, ...(request.leaveOut ?? [])].map((path) => resolve(path)),
    signal: request.signal,
  });
  built.commands.push({
    phase: "package",
    command: `pack ${join(service.path, service.output)} as ${name}.tar.gz`,
    exitCode: null,
    seconds: (performance.now() - began) / 1000,
  });
  request.onProgress?.({
    type: "message",
    service: service.name,
    text: `package: ${reference}, ${bytes} bytes, ${digest}`,
  });
  return { kind: "archive", reference, digest, tags: tagsOf(service, request), bytes };
}

const tagsOf = (service: ServiceToBuild, request: BuildRequest): string[] =>
  (service.tags?.length ? service.tags : [`${service.name}:${request.version}`]).map(sanitizeTag);

async function image(
  service: ServiceToBuild,
  request: BuildRequest,
  shared: Shared,
  at: Surroundings,
  built: BuiltService,
  problems: Problem[],
): Promise<Artifact | null> {
  if (!(await shared.hasEngine())) {
    const problem = {
      reasonCode: "build.image-skipped",
      message: `${service.name} has a Dockerfile, but no Docker engine answers: no image was built.`,
      remedy: "Start Docker, or set images to `never`.",
    } as const;
    if (request.images === "required") throw new Refusal(problem);
    problems.push({ severity: "notice", ...problem });
    return null;
  }
  const tags = tagsOf(service, request);
  const labels = imageLabels({ service: service.name, version: request.version, commit: shared.commit });
  const { result: failure, id } = await withIdFile((idFile) =>
    runPhase("image", imageCommand({ tags, labels, idFile }), at, built.commands),
  );
  if (failure) throw refusalOf(failure, "image", service.path, service.name);
  if (id === null) {
    throw new Refusal({
      reasonCode: "build.artifact-failed",
      message: `${service.name}: Docker built an image and did not say its digest.`,
      remedy: "Use a Docker that knows `--iidfile` (17.05 or newer).",
    });
  }
  return { kind: "image", reference: tags[0]!, digest: id, tags };
}
