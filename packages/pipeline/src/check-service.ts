import type { ServiceSettings } from "@sluice/config";
import type { Check } from "@sluice/documents";
import { parseTextFormat } from "@sluice/metrics";
import { type ServiceToVerify, verify } from "@sluice/verification";
import type { Context } from "./context.ts";

/** A service as the verification asks it. */
export function toVerify(
  settings: ServiceSettings,
  asked: { url: string | null; version: string | null },
): ServiceToVerify {
  const { path, initialDelaySeconds, timeoutSeconds, intervalSeconds, retries, failureThreshold } =
    settings.healthCheck;
  return {
    name: settings.name,
    url: asked.url,
    expectedVersion: asked.version,
    healthCheck: {
      path,
      initialDelaySeconds,
      timeoutSeconds,
      delaySeconds: intervalSeconds,
      retries,
      failureThreshold,
    },
    smoke: settings.smoke.map(toSmokeRequest),
  };
}

/** A smoke request of the configuration as the verification sends it. */
export const toSmokeRequest = <Asked extends { maxLatency?: number }>({ maxLatency, ...asked }: Asked) => ({
  ...asked,
  ...(maxLatency === undefined ? {} : { maxLatencyMilliseconds: maxLatency }),
});

/** How metrics pages are read, unless the configuration leaves them out. */
export const metricsReaderOf = ({
  project,
}: Context): ((page: string) => ReturnType<typeof parseTextFormat>) | null =>
  project.verify.metrics ? parseTextFormat : null;

/**
 * Health, version and smoke requests of one service, through its traffic entry or at the address of one replica.
 * A cancelled run does not end it: it is what makes a rollback honest.
 */
export async function checkService(
  context: Context,
  settings: ServiceSettings,
  asked: { url?: string; version: string },
): Promise<Check[]> {
  const url = asked.url ?? (await context.target.target.observe(settings.name)).url;
  const { details } = await verify({
    services: [{ ...toVerify(settings, { url, version: asked.version }), wasReady: true }],
    readMetrics: metricsReaderOf(context),
    clock: context.clock,
    onProgress: context.onProgress,
    record: recordCheck(context),
  });
  return details.checks;
}

/** What checks say together, with the first that did not pass. */
export function healthOf(checks: readonly Check[]): { isHealthy: boolean; message: string } {
  const failed = checks.find((check) => !check.passed);
  return {
    isHealthy: !failed,
    message: failed ? `${failed.name}: ${failed.message}` : "Every check passed.",
  };
}

/** Whether a service is well at this version, through its traffic entry. */
export const isWell = async (context: Context, settings: ServiceSettings, version: string) =>
  healthOf(await checkService(context, settings, { version }));

/** Writes a check into the journal. */
export const recordCheck =
  ({ journal }: Context) =>
  async ({ name, passed, attempts, message, service }: Check): Promise<void> => {
    await journal.measure({
      type: "verify.check",
      data: { check: name, passed, attempts: Math.max(1, attempts), message },
      ...(service ? { service } : {}),
    });
  };
