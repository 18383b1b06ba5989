import { ask } from "./ask.ts";
import type { Finding } from "./finding.ts";
import {
  defaultHealthCheck,
  type MetricsSample,
  type ServiceToVerify,
  type VerifyRequest,
} from "./request.ts";

/** Answers in a row that must agree, so that one old replica behind a balancer does not hide. */
const answersInARow = 5;
const metricsPath = "/metrics";
export const versionMetric = "deployment_version";
export const versionHeader = "x-deployment-version";

interface Reading {
  /** Version that this answer names; null when it names none. */
  version: string | null;
  /** What is wrong with the metrics; null when nothing is, or when they are not asked for. */
  trouble: string | null;
}

/**
 * Holds a service to serving the version that was deployed, and its metrics to be readable and to name that version:
 * both from the same answers. Repeated as the health check is, because replicas of the old version may be draining.
 */
export async function checkVersion(service: ServiceToVerify, request: VerifyRequest): Promise<Finding[]> {
  const { clock, signal, onProgress } = request;
  const check = { ...defaultHealthCheck, ...service.healthCheck };
  const isWrong = (reading: Reading) =>
    (request.readMetrics !== null && reading.trouble !== null) ||
    (service.expectedVersion !== null && reading.version !== service.expectedVersion);

  for (let attempt = 1; ; attempt++) {
    const readings: Reading[] = [];
    while (readings.length < answersInARow) {
      const reading = await read(service, check.path, check.timeoutSeconds, request);
      readings.push(reading);
      if (isWrong(reading)) break;
    }
    const last = readings.at(-1)!;
    if (!isWrong(last) || attempt === check.failureThreshold) {
      return findings(service, request, readings, attempt);
    }
    onProgress?.({
      type: "message",
      service: service.name,
      text: `version: attempt ${attempt}/${check.failureThreshold}: ${last.trouble ?? `version ${last.version}`}`,
    });
    await clock.sleep(check.delaySeconds * 1000, signal);
  }
}

async function read(
  service: ServiceToVerify,
  healthPath: string,
  timeoutSeconds: number,
  { readMetrics, signal }: VerifyRequest,
): Promise<Reading> {
  const path = readMetrics ? metricsPath : healthPath;
  const answer = await ask(service.url!, path, { timeoutSeconds, signal });
  if (!answer.isAnswer) return { version: null, trouble: `${path} gives ${answer.reason}` };
  const header = answer.headers[versionHeader]?.toString() ?? null;
  if (!readMetrics) return { version: header, trouble: null };
  if (answer.status !== 200) return { version: header, trouble: `${path} answers HTTP ${answer.status}` };
  let samples: readonly MetricsSample[];
  try {
    samples = readMetrics(answer.body);
  } catch (error) {
    return { version: header, trouble: `${path} cannot be read: ${(error as Error).message}` };
  }
  const version = samples.find(({ name }) => name === versionMetric)?.labels.version;
  return version === undefined
    ? { version: header, trouble: `${path} has no ${versionMetric}{version="…"}` }
    : { version, trouble: null };
}

function findings(
  service: ServiceToVerify,
  { readMetrics }: VerifyRequest,
  readings: readonly Reading[],
  attempts: number,
): Finding[] {
  const found: Finding[] = [];
  const { version, trouble } = readings.at(-1)!;
  const about = { service: service.name, attempts };
  if (service.expectedVersion !== null) {
    const isRight = version === service.expectedVersion;
    found.push({
      ...about,
      name: `${service.name}: version`,
      kind: "version",
      passed: isRight,
      message: isRight
        ? `${version}, in ${readings.length} answers in a row`
        : `it serves ${version ?? "no version that it names"} instead of ${service.expectedVersion}`,
      ...(!isRight && {
        reasonCode: "verify.wrong-version",
        remedy:
          version === null
            ? `Let it name DEPLOYMENT_VERSION in ${versionMetric}{version="…"} or in the header ${versionHeader}.`
            : "See whether every replica of the old version has left the traffic.",
      }),
    });
  }
  if (readMetrics !== null) {
    found.push({
      ...about,
      name: `${service.name}: metrics`,
      kind: "metrics",
      passed: trouble === null,
      message: trouble ?? `${metricsPath} can be read and names the version`,
      ...(trouble !== null && {
        reasonCode: "verify.metrics-unusable",
        remedy: `Let it show ${versionMetric}{version="…"} at ${metricsPath} in the Prometheus text format, or set \`verify.metrics: false\`.`,
      }),
    });
  }
  return found;
}
