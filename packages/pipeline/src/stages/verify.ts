import type { Result } from "@sluice/documents";
import { type ScriptCheck, verify } from "@sluice/verification";
import { databaseCheck } from "../check-database.ts";
import { metricsReaderOf, recordCheck, toSmokeRequest, toVerify } from "../check-service.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { scriptOf, testOf } from "../project-tests.ts";
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

/** The tests that the environment asks for by name, and the project's own script. `smoke` is always run. */
function scriptsOf(context: Context, tests: readonly string[]): ScriptCheck[] {
  const { script } = context.project.verify;
  return [
    ...tests.filter((name) => name !== "smoke").map((name) => testOf(context, name, "postDeploymentTests")),
    ...(script ? [scriptOf(context, script.join(" "), script)] : []),
  ];
}
