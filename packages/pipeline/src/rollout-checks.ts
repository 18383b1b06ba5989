import type { ServiceSettings } from "@sluice/config";
import type { Strategy } from "@sluice/documents";
import { type ScriptCheck, type ServiceToVerify, urlVariables, verify } from "@sluice/verification";
import { checkService, healthOf, metricsReaderOf, recordCheck, toVerify } from "./check-service.ts";
import type { Context } from "./context.ts";
import { testOf } from "./project-tests.ts";

/**
 * The tests of a new version before it has any traffic, at an address of its own: its checks, and for a blue-green
 * deployment the tests that `trafficSwitch.preSwitchTests` names. They find the version under test where its users would
 * be, and every other service where it is.
 */
export function testsBeforeSwitch(
  context: Context,
  settings: ServiceSettings,
  { version, strategy }: { version: string; strategy: Strategy },
) {
  return async (url: string, signal: AbortSignal | undefined): Promise<void> => {
    failWhenIll(healthOf(await checkService(context, settings, { url, version })));
    const tests = strategy === "bluegreen" ? context.environment.trafficSwitch.preSwitchTests : [];
    if (tests.length === 0) return;
    const others = (await addressesOf(context)).filter(({ name }) => name !== settings.name);
    const env = { ...urlVariables(others), SLUICE_URL: url, SLUICE_VERSION: version };
    const service = { ...toVerify(settings, { url, version }), smoke: [], wasReady: true };
    failWhenIll(
      await run(
        context,
        [service],
        tests.map((name) => testOf(context, name, "trafficSwitch.preSwitchTests", env)),
        signal,
      ),
    );
  };
}

/**
 * The check after a batch of a rolling deployment: the service through its entry, whichever version answers, and the
 * services that it needs and that need it. Undefined for strategies whose steps are judged.
 */
export function checkAfterBatch(context: Context, settings: ServiceSettings, strategy: Strategy) {
  if (strategy !== "rolling") return undefined;
  return async (_url: string, signal: AbortSignal | undefined): Promise<void> => {
    const neighbours = context.services.filter(
      ({ name, dependsOn }) => dependsOn.includes(settings.name) || settings.dependsOn.includes(name),
    );
    const addresses = await addressesOf(context);
    const services = [settings, ...neighbours].flatMap((one): (ServiceToVerify & { wasReady: true })[] => {
      const url = addresses.find(({ name }) => name === one.name)?.url ?? null;
      return url === null ? [] : [{ ...toVerify(one, { url, version: null }), wasReady: true }];
    });
    failWhenIll(await run(context, services, [], signal));
  };
}

const addressesOf = ({ services, target: { target }, signal }: Context) =>
  Promise.all(services.map(async ({ name }) => ({ name, url: (await target.observe(name, signal)).url })));

async function run(
  context: Context,
  services: ServiceToVerify[],
  scripts: ScriptCheck[],
  signal: AbortSignal | undefined,
) {
  const { details } = await verify({
    services,
    scripts,
    readMetrics: metricsReaderOf(context),
    clock: context.clock,
    signal,
    onProgress: context.onProgress,
    record: recordCheck(context),
  });
  signal?.throwIfAborted();
  return healthOf(details.checks);
}

function failWhenIll({ isHealthy, message }: { isHealthy: boolean; message: string }): void {
  if (!isHealthy) throw new Error(message);
}
