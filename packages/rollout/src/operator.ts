import type { Observation, OperatorRequest, RolloutRecord } from "@sluice/ports";
import { turnRound } from "./abort.ts";
import { act, type Decision, type Facts, finish } from "./decision.ts";
import type { RolloutEvent } from "./options.ts";

/** What came of something that a person asked for, for the journal. */
export interface Answer {
  request: OperatorRequest;
  isObeyed: boolean;
  summary: string;
}

/**
 * What a person has asked of the rollout that is under way, as far as it is to be done before anything else.
 * `promote` of a step is not: `isPromoted` says that the step need not wait any longer.
 *
 * A request that is about another rollout, another step or something that is done already is cleared, not obeyed.
 *
 * @returns null when nothing is to be done about a request now
 */
export function obey(seen: Observation, record: RolloutRecord, facts: Facts, now: number): Decision | null {
  const { request } = seen;
  // An abort goes to its end whatever is asked, and a run that is being stopped has no time for anything else.
  if (request === null || facts.cancel || record.phase === "aborting") return null;
  const clear = { type: "request", service: seen.service, request: null } as const;
  const outdated = whyOutdated(seen, record, request);
  if (outdated !== null)
    return act("an outdated request to be cleared", {
      commands: [clear],
      answer: { request, isObeyed: false, summary: `${asked(request)} Nothing was done: ${outdated}.` },
    });
  const summary = asked(request);
  const answer = { request, isObeyed: true, summary };
  switch (request.kind) {
    case "halt": {
      const isPromoted = seen.stable === record.to;
      const message = `${summary} The traffic stays as it is: ${sharesInWords(seen)}.`;
      return {
        ...finish(
          isPromoted ? "succeeded" : "held",
          isPromoted ? "deploy.promoted" : "deploy.held",
          isPromoted
            ? `${record.to} has all of the traffic of ${seen.service}; ${record.from} still stands by. ${summary}`
            : `${message} Deploy ${record.to} again to go on, or roll back.`,
          [clear],
        ),
        answer,
      };
    }
    case "abort":
      return {
        ...turnRound(seen, record, { reasonCode: "deploy.aborted", sentence: summary }, now, false),
        answer,
      };
    case "promote-full": {
      const direct: RolloutRecord = { ...record, shortcut: summary, step: 0, stepStartedAt: null };
      return act(`all of the traffic to go to ${record.to}`, {
        commands: [{ type: "record", service: seen.service, record: direct }, clear],
        answer,
      });
    }
    case "promote":
      return null;
  }
}

/** The event that tells what came of a request. */
export const requestEvent = (service: string, at: string, answer: Answer): RolloutEvent => {
  const { kind, by, at: askedAt, reason } = answer.request;
  return {
    type: "rollout.request",
    at,
    service,
    data: {
      ...{ kind, by, askedAt: new Date(askedAt).toISOString() },
      ...{ obeyed: answer.isObeyed, summary: answer.summary },
      ...(reason ? { reason } : {}),
    },
  };
};

/** Whether a person said that the step that is under way need not last any longer. */
export const promotionOf = (seen: Observation, record: RolloutRecord): OperatorRequest | null =>
  seen.request?.kind === "promote" && whyOutdated(seen, record, seen.request) === null ? seen.request : null;

function whyOutdated(seen: Observation, record: RolloutRecord, request: OperatorRequest): string | null {
  if (request.rollout !== record.id) return "it was about another rollout";
  const isPromoted = seen.stable === record.to;
  if (request.kind === "halt") return null;
  if (isPromoted) return `${record.to} has all of the traffic already`;
  if (request.kind === "abort") return null;
  if (record.phase === "promoting") return `${record.to} is being promoted already`;
  if (request.kind === "promote-full")
    return record.shortcut === undefined ? null : "the steps are left out already";
  return request.step === record.step && record.shortcut === undefined
    ? null
    : `it was about step ${request.step + 1}, and the rollout is at step ${record.step + 1}`;
}

const verbs: Record<OperatorRequest["kind"], string> = {
  promote: "to go on from this step",
  "promote-full": "to leave out the steps that are left",
  halt: "to halt the rollout",
  abort: "for the old version back",
};

/** A request in words: who asked for what, and why. */
export const asked = (request: OperatorRequest): string => askedFor(request, verbs[request.kind]);

/** The same where it is asked of something else than a rollout. @param wanted what was asked, as `to go on` */
export const askedFor = ({ by, reason }: OperatorRequest, wanted: string): string =>
  `${by} asked ${wanted}${reason ? `: ${reason.replace(/\.$/, "")}` : ""}.`;

const sharesInWords = ({ weights }: Observation): string =>
  Object.entries(weights)
    .map(([version, weight]) => `${version} ${weight} %`)
    .join(", ") || "the entry is closed";
