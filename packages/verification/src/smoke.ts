import { ask } from "./ask.ts";
import { shortcomings } from "./assertions.ts";
import { type Finding, notRun } from "./finding.ts";
import type { ServiceToVerify, SmokeRequest, VerifyRequest } from "./request.ts";

const aboutSmoke = (service: string, name: string) =>
  ({ name: `${service}: smoke "${name}"`, kind: "smoke", service }) as const;

/** Sends one smoke request, once: what it does may not be safe to repeat. */
export async function checkSmoke(
  service: ServiceToVerify,
  smoke: SmokeRequest,
  { signal }: VerifyRequest,
): Promise<Finding> {
  const about = aboutSmoke(service.name, smoke.name);
  const method = smoke.method ?? "GET";
  const asked = `${method} ${smoke.path}`;
  const answer = await ask(service.url!, smoke.path, {
    method,
    ...contentOf(smoke),
    timeoutSeconds: smoke.timeoutSeconds ?? 10,
    signal,
  });
  const wrong = answer.isAnswer ? shortcomings(smoke, answer) : [`there was no answer: ${answer.reason}`];
  if (answer.isAnswer && wrong.length === 0) {
    const message = `${asked}: HTTP ${answer.status} in ${answer.milliseconds.toFixed(1)} ms`;
    return { ...about, passed: true, attempts: 1, message };
  }
  return {
    ...about,
    passed: false,
    attempts: 1,
    reasonCode: "verify.smoke-failed",
    message: `${asked}: ${wrong.join("; ")}`,
    remedy: `See the log of ${service.name} for this request.`,
  };
}

/** A smoke request to a service that is not among those that are verified: a mistake, not a consequence. */
export const smokeOfNobody = (service: string, smoke: SmokeRequest): Finding => ({
  ...notRun(aboutSmoke(service, smoke.name), "there is no such service among those that are verified"),
  reasonCode: "config.unknown-service",
  remedy: "Correct `service` of the smoke check.",
});

/** A smoke request that makes no sense, because the service is not healthy. */
export const smokeNotRun = (service: string, smoke: SmokeRequest, why: string): Finding =>
  notRun(aboutSmoke(service, smoke.name), why);

function contentOf({ body, headers = {} }: SmokeRequest) {
  if (body === undefined) return { headers };
  if (typeof body === "string") return { headers, body };
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    headers: hasType ? headers : { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
