import type { Check, Problem, ReasonCode, Status, VerifyDetails } from "@sluice/documents";
import { aboutScript, checkDatabase, checkScript } from "./beside.ts";
import { checkOf, type Finding, notRun, problemOf } from "./finding.ts";
import { checkHealth } from "./health.ts";
import type { ServiceToVerify, VerifyRequest } from "./request.ts";
import { checkSmoke, smokeNotRun, smokeOfNobody } from "./smoke.ts";
import { checkVersion } from "./version.ts";

export interface VerifyOutcome {
  details: VerifyDetails;
  status: Status;
  reasonCode: ReasonCode;
  /** One sentence for a person. */
  summary: string;
  problems: Problem[];
}

/**
 * Checks what is deployed: health of each service, then its version, metrics and smoke requests; the database beside
 * them; then the smoke requests to the whole system, then, when all are healthy, the scripts. Nothing is remembered: run again, it asks again.
 *
 * Independent checks run at the same time; requests of one list run in order, because one may prepare the next.
 * Aborted, it says what was found until then.
 */
export async function verify(request: VerifyRequest): Promise<VerifyOutcome> {
  const { signal } = request;
  const ledger = new Ledger(request);
  try {
    const database = request.database ? ledger.add("database", () => checkDatabase(request)) : undefined;
    const healthy = new Map<string, Promise<boolean>>(
      request.services.map((service) => [service.name, ledger.service(service)]),
    );
    await everyOne([...healthy.values(), database]);
    await wholeSystem(request, ledger, healthy);
    const sick = await firstNot(healthy);
    for (const script of request.scripts ?? []) {
      await ledger.add("script", async () =>
        sick === undefined
          ? checkScript(script, request)
          : notRun(aboutScript(script), `${sick} is not healthy`),
      );
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return outcome(ledger.checks, ledger.problems, signal?.aborted === true);
}

/** Waits for all, also when one rejects, so that nothing goes on unseen. */
async function everyOne(tasks: readonly unknown[]): Promise<void> {
  const settled = await Promise.allSettled(tasks);
  const rejected = settled.find((result) => result.status === "rejected");
  if (rejected) throw rejected.reason;
}

async function firstNot(healthy: ReadonlyMap<string, Promise<boolean>>): Promise<string | undefined> {
  for (const [name, isHealthy] of healthy) if (!(await isHealthy)) return name;
  return undefined;
}

async function wholeSystem(
  request: VerifyRequest,
  ledger: Ledger,
  healthy: ReadonlyMap<string, Promise<boolean>>,
): Promise<void> {
  for (const smoke of request.smoke ?? []) {
    const service = request.services.find(({ name }) => name === smoke.service);
    const isHealthy = await healthy.get(smoke.service);
    await ledger.add("smoke", async () => {
      if (!service) return smokeOfNobody(smoke.service, smoke);
      return isHealthy
        ? checkSmoke(service, smoke, request)
        : smokeNotRun(service.name, smoke, `${service.name} is not healthy`);
    });
  }
}

const kinds = ["health", "version", "metrics", "smoke", "database", "script"];

/** Checks as they are decided, kept in the order in which a person reads them. */
class Ledger {
  readonly #request: VerifyRequest;
  readonly #entries: { place: string; check: Check; problem: Problem | null }[] = [];

  constructor(request: VerifyRequest) {
    this.#request = request;
  }

  get checks(): Check[] {
    return this.#sorted().map(({ check }) => check);
  }

  get problems(): Problem[] {
    return this.#sorted().flatMap(({ problem }) => problem ?? []);
  }

  /** Services in their order, each from health to smoke; then the whole system, the database and the scripts. */
  #sorted() {
    const services = this.#request.services.map(({ name }) => `service ${name}`);
    const places = [...services, "smoke", "database", "script"];
    return this.#entries.toSorted(
      (a, b) =>
        places.indexOf(a.place) - places.indexOf(b.place) ||
        kinds.indexOf(a.check.kind) - kinds.indexOf(b.check.kind),
    );
  }

  /** @returns whether the service is healthy; when it is not, nothing else is asked of it */
  async service(service: ServiceToVerify): Promise<boolean> {
    const place = `service ${service.name}`;
    const isHealthy = await this.add(place, () => checkHealth(service, this.#request));
    const smoke = service.smoke ?? [];
    if (!isHealthy) {
      for (const each of smoke) {
        await this.add(place, async () => smokeNotRun(service.name, each, "it is not healthy"));
      }
      return false;
    }
    const hasVersion = service.expectedVersion !== null || this.#request.readMetrics !== null;
    await everyOne([
      hasVersion && this.add(place, () => checkVersion(service, this.#request)),
      (async () => {
        for (const each of smoke) await this.add(place, () => checkSmoke(service, each, this.#request));
      })(),
    ]);
    return true;
  }

  /** Makes a check, or several that belong together, and tells of it. @returns whether all passed */
  async add(place: string, check: () => Promise<Finding | Finding[]>): Promise<boolean> {
    const { clock, onProgress, record } = this.#request;
    const began = clock.now();
    const findings = [await check()].flat();
    const seconds = Math.max(0, (clock.now() - began) / 1000);
    for (const finding of findings) {
      const entry = { place, check: checkOf(finding, seconds), problem: problemOf(finding) };
      this.#entries.push(entry);
      onProgress?.({
        type: finding.passed ? "message" : "warning",
        service: finding.service,
        text: `${finding.passed ? "✓" : "✗"} ${finding.name}: ${finding.message}`,
      });
      if (finding.attempts > 0) await record?.(entry.check);
    }
    return findings.every(({ passed }) => passed);
  }
}

function outcome(checks: Check[], problems: Problem[], isAborted: boolean): VerifyOutcome {
  const details: VerifyDetails = { stage: "verify", checks };
  const passed = checks.filter((check) => check.passed).length;
  const counted = `${passed} of ${checks.length} checks passed`;
  if (isAborted) {
    return {
      details,
      status: "cancelled",
      reasonCode: "run.cancelled",
      summary: `The verification was cancelled; ${counted} until then.`,
      problems,
    };
  }
  if (checks.length === 0) {
    return {
      details,
      status: "skipped",
      reasonCode: "verify.nothing-to-check",
      summary: "There was nothing that could be checked.",
      problems,
    };
  }
  if (passed === checks.length) {
    return { details, status: "succeeded", reasonCode: "verify.passed", summary: `${counted}.`, problems };
  }
  const failed = checks.filter((check) => !check.passed).map(({ name }) => name);
  return {
    details,
    status: "failed",
    reasonCode: problems[0]?.reasonCode ?? "verify.failed",
    summary: `${counted}; failed: ${failed.join(", ")}.`,
    problems,
  };
}
