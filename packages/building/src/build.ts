import { availableParallelism } from "node:os";
import {
  type BuildCommand,
  type BuildDetails,
  type BuiltService,
  type Problem,
  type ReasonCode,
  Refusal,
  type Status,
} from "@sluice/documents";
import { commitOf } from "./commit.ts";
import { hasDockerEngine } from "./image.ts";
import { refusalOf, runPhase } from "./phases.ts";
import type { BuildRequest } from "./request.ts";
import { inOrder } from "./schedule.ts";
import { buildService, notBuilt, type Shared } from "./service-build.ts";

export interface BuildOutcome {
  details: BuildDetails;
  status: Status;
  reasonCode: ReasonCode;
  /** One sentence for a person. */
  summary: string;
  problems: Problem[];
}

/**
 * Builds, tests and packs the services of a project: those that do not depend on one another at the same time. A
 * failure ends its service and skips those that depend on it; the others are finished, so that one run shows all there
 * is to mend. Aborted, it ends every command and says what was done until then.
 *
 * @throws Refusal only for a request that makes no sense (dependencies in a circle); everything else is in the outcome
 */
export async function build(request: BuildRequest): Promise<BuildOutcome> {
  const { services, env = process.env, signal } = request;
  const began = performance.now();
  const done = new Map<string, BuiltService>();
  const problems = new Map<string, Problem[]>();
  const project: BuildCommand[] = [];
  const commit = await commitOf(request.directory, { env, signal }).catch(whenNotAborted(signal));

  const failed = await installOnce(request, project);
  if (failed) {
    for (const { name } of services) done.set(name, { ...notBuilt(name), skipped: failed.why });
  } else {
    let engine: Promise<boolean> | undefined;
    const shared: Shared = {
      commit: commit?.sha,
      hasEngine: () => (engine ??= hasDockerEngine(env, signal)),
    };
    await inOrder(
      services,
      request.concurrency ?? availableParallelism(),
      async (service) => {
        const result = await buildService(service, { ...request, env }, shared);
        done.set(service.name, result.built);
        problems.set(service.name, result.problems);
        return result.built.status === "succeeded";
      },
      ({ name }, missing) => {
        done.set(name, { ...notBuilt(name), skipped: `${missing}, which it depends on, was not built` });
      },
    );
  }

  const built = services.map(({ name }) => done.get(name)!);
  const seconds = (performance.now() - began) / 1000;
  return {
    details: { stage: "build", commit, project, services: built, seconds },
    ...conclusion(built, failed?.problems ?? services.flatMap(({ name }) => problems.get(name) ?? []), {
      seconds,
      isAborted: signal?.aborted === true,
    }),
  };
}

/** @returns why no service can be built, or null */
async function installOnce(
  request: BuildRequest,
  commands: BuildCommand[],
): Promise<{ why: string; problems: Problem[] } | null> {
  if (request.install === undefined) return null;
  const why = "the installation of the project failed";
  try {
    const failure = await runPhase(
      "install",
      request.install,
      { ...request, cwd: request.directory },
      commands,
    );
    return failure && { why, problems: [...refusalOf(failure, "install", "").problems] };
  } catch (error) {
    if (request.signal?.aborted) return { why: "the build was cancelled", problems: [] };
    if (error instanceof Refusal) return { why, problems: [...error.problems] };
    throw error;
  }
}

/** Nothing to say about a commit is no reason to fail; being cancelled is told later, with everything else. */
const whenNotAborted = (signal: AbortSignal | undefined) => (error: unknown) => {
  if (signal?.aborted) return null;
  throw error;
};

function conclusion(
  built: readonly BuiltService[],
  problems: Problem[],
  { seconds, isAborted }: { seconds: number; isAborted: boolean },
): Omit<BuildOutcome, "details"> {
  const count = (status: Status) => built.filter((service) => service.status === status).length;
  const took = `in ${seconds.toFixed(1)} s`;
  if (isAborted) {
    const summary = `The build was cancelled; ${count("succeeded")} of ${built.length} services were built.`;
    return { status: "cancelled", reasonCode: "run.cancelled", summary, problems };
  }
  const cause = problems.find(({ severity }) => severity === "error");
  if (cause) {
    const names = built.filter(({ status }) => status === "failed").map(({ name }) => name);
    const what = names.length > 0 ? `${names.join(", ")} failed` : "The installation failed";
    const summary = `${what}; ${count("succeeded")} of ${built.length} services were built ${took}.`;
    return { status: "failed", reasonCode: cause.reasonCode, summary, problems };
  }
  const summary = `${built.length} ${built.length === 1 ? "service was" : "services were"} built ${took}.`;
  return { status: "succeeded", reasonCode: "build.succeeded", summary, problems };
}
