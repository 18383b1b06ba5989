import { ask } from "./ask.ts";
import { excerpt } from "./assertions.ts";
import type { Finding } from "./finding.ts";
import { defaultHealthCheck, type ServiceToVerify, type VerifyRequest } from "./request.ts";

/**
 * Asks a service for its health until it answers 200 or the attempts are over. A refused connection and a bad answer
 * are told apart: the first is a service that is not there, the second one that says that it is not well.
 */
export async function checkHealth(
  service: ServiceToVerify,
  { clock, signal, onProgress }: VerifyRequest,
): Promise<Finding> {
  const about = { name: `${service.name}: health`, kind: "health", service: service.name } as const;
  const check = { ...defaultHealthCheck, ...service.healthCheck };
  const { url } = service;
  if (url === null || !URL.canParse(url)) {
    return {
      ...about,
      passed: false,
      attempts: 1,
      reasonCode: "verify.unreachable",
      message: url === null ? "there is no URL for it" : `${url} is not a URL`,
      remedy: "Deploy it first, or name its URL.",
    };
  }
  const most = service.wasReady ? check.failureThreshold : check.retries;
  if (!service.wasReady && check.initialDelaySeconds > 0) {
    await clock.sleep(check.initialDelaySeconds * 1000, signal);
  }

  let last = { found: "", hasAnswered: false };
  for (let attempt = 1; attempt <= most; attempt++) {
    const answer = await ask(url, check.path, { timeoutSeconds: check.timeoutSeconds, signal });
    if (answer.isAnswer && answer.status === 200) {
      const message = `HTTP 200 at attempt ${attempt}/${most}: ${excerpt(answer.body)}`;
      return { ...about, passed: true, attempts: attempt, message };
    }
    last = answer.isAnswer
      ? { found: `HTTP ${answer.status}: ${excerpt(answer.body)}`, hasAnswered: true }
      : { found: answer.reason, hasAnswered: false };
    onProgress?.({
      type: "message",
      service: service.name,
      text: `health: attempt ${attempt}/${most}: ${last.found}`,
    });
    if (attempt < most) await clock.sleep(check.delaySeconds * 1000, signal);
  }

  const asked = `GET ${check.path} ${most === 1 ? "once" : `${most} times`}`;
  return {
    ...about,
    passed: false,
    attempts: most,
    ...(last.hasAnswered
      ? {
          reasonCode: "verify.unhealthy",
          message: `asked ${asked} and never got 200; at last ${last.found}`,
          remedy: "See its log; raise `healthCheck.initialDelay` or `retries` if it needs longer to start.",
        }
      : {
          reasonCode: "verify.unreachable",
          message: `asked ${asked}; at last there was no answer: ${last.found}`,
          remedy: "See whether it runs and listens on the port in `PORT`, and whether the way to it is open.",
        }),
  };
}
