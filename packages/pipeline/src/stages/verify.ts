import { Refusal, type Result } from "@sluice/documents";
import { type ScriptCheck, verify } from "@sluice/verification";
import { databaseCheck } from "../check-database.ts";
import { metricsReaderOf, recordCheck, toSmokeRequest, toVerify } from "../check-service.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { runStage } from "../stage.ts";

export interface VerifyRequest {
  /** Version that must be served; the one that the target trusts when it is left out. */
  version?: string;
  services?: readonly string[];
}

/** Checks what is deployed: health, version, metrics, smoke requests, the database, tests and scripts of the project. */
export function verifyStage(context: Context, request: VerifyRequest): Promise<Result> {
  return runStage(context, "verify", request.version || undefined, async () => {
    const { project, environment, clock, signal, onProgress } = context;
    const chosen = chosenServices(context, request.services);
    const names = new Set(chosen.map(({ name }) => name));
    const services = await Promise.all(
      context.services.map(async (settings) => {
        const { stable, url } = await context.target.target.observe(settings.name, signal);
        const isChosen = names.has(settings.name);
        const version = (isChosen && request.version) || stable;
        return { isChosen, service: toVerify(settings, { url, version }) };
      }),
    );
    // A request to the whole system needs all of its services, also those that are not part of this release.
    const isWhole = services.every(({ service }) => service.url !== null);
    return verify({
      services: services.filter(({ isChosen }) => isWhole || isChosen).map(({ service }) => service),
      smoke: isWhole ? project.verify.smoke.map(toSmokeRequest) : [],
      readMetrics: metricsReaderOf(context),
      database: databaseCheck(context, request.version || undefined),
      scripts: scriptsOf(context, environment.postDeploymentTests),
      clock,
      signal,
      onProgress,
      record: recordCheck(context),
    });
  });
}

/**
 * The tests that the environment asks for by name, and the project's own script; each is told the environment.
 * `smoke` is always run.
 */
function scriptsOf(
  { project, environment, directory, variables, files }: Context,
  tests: readonly string[],
): ScriptCheck[] {
  const where = { cwd: directory, env: { ...variables, SLUICE_ENVIRONMENT: environment.environment } };
  const named = tests
    .filter((name) => name !== "smoke")
    .map((name): ScriptCheck => {
      const command = project.verify.tests[name];
      if (command) return { name, command, ...where };
      throw new Refusal({
        reasonCode: "config.not-allowed",
        message: `The environment asks for the test \`${name}\`, which the project does not have.`,
        remedy: `Add it under \`verify.tests\` of ${files.project}.`,
        location: { file: files.environment, key: "postDeploymentTests" },
      });
    });
  const { script } = project.verify;
  return [...named, ...(script ? [{ name: script.join(" "), command: script, ...where }] : [])];
}
