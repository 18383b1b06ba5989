import { type DeployedService, type ReasonCode, Refusal, type Verdict } from "@sluice/documents";
import { policyFor } from "@sluice/judge";
import type { Command, Observation, Outlook, RolloutRecord } from "@sluice/ports";
import { Analysis } from "./analysis.ts";
import { checkStep, testSwitch, verifyOld } from "./checks.ts";
import { decide } from "./decide.ts";
import type { Decision, Facts, Outcome } from "./decision.ts";
import { Engine } from "./engine.ts";
import { requestEvent } from "./operator.ts";
import type { RolloutOptions } from "./options.ts";
import { outlookOf, Pace } from "./outlook.ts";
import { routingRefusals } from "./routing.ts";
import { isSameSplit, limitsOf } from "./spec.ts";
import { stepsNow } from "./steps.ts";

/**
 * Rolls one service out and says how it ended. May be called again with the same arguments after any end of the
 * process, also a sudden one: it reads from the target how far the rollout is and goes on there.
 *
 * @throws Refusal of the target, the router or the fence that leaves nothing sensible to do; the target keeps the
 *   record of what was under way
 */
export async function runRollout(options: RolloutOptions): Promise<DeployedService> {
  const { spec, clock, onProgress, together } = options;
  const { service } = spec;
  refuseImpossible(options);
  const engine = new Engine(service, options, options.metrics !== null);
  if (options.beforeSwitch) engine.facts.switchTest = null;
  if (options.afterStep) engine.facts.stepCheck = null;
  const before = await engine.look();
  const isResumed = before.rollout?.id === spec.id && before.rollout.phase !== "aborting";
  const samples = isResumed ? options.samples : [];
  const analysis = options.metrics
    ? new Analysis({ ...options, samples }, engine, options.policy ?? policyFor({ steps: spec.steps ?? [] }))
    : null;
  const begunAt = clock.now();
  const at = () => new Date(clock.now()).toISOString();
  let from = before.rollout?.id === spec.id ? before.rollout.from : before.stable;
  let isAnnounced = false;
  let shown: string | null = null;
  const pace = new Pace();
  let told: string | null = null;
  let superseded: RolloutRecord | null = null;
  let last: Observation = before;

  let isTold = false;
  const decideNow = (seen: Observation, facts: Facts, now: number): Decision => {
    if (together) facts.together = together.standing();
    isTold = together?.turned.aborted === true;
    return decide(spec, seen, facts, now);
  };
  const outcome = await engine.run(decideNow, {
    async observe(seen) {
      last = seen;
      together?.look(seen, spec.id);
      const record = seen.rollout;
      if (superseded && record?.id !== superseded.id) {
        const data = endOf(superseded);
        superseded = null;
        await engine.journal({ type: "rollout.finished", at: at(), service, data });
      }
      if (record && record.id !== spec.id && record.phase === "aborting") superseded = record;
      if (record?.id !== spec.id) return;
      // A run that is being stopped puts the traffic back before it reads or writes anything else.
      const isTurning = engine.facts.cancel !== null || together?.standing().back != null;
      if (isTurning && record.phase !== "aborting") return;
      from = record.from;
      if (!isAnnounced) {
        isAnnounced = true;
        const resumed = record.startedAt < begunAt;
        const data = { from: record.from, to: record.to, strategy: spec.strategy, resumed };
        await engine.journal({ type: "rollout.started", at: at(), service, data });
      }
      const key = JSON.stringify([record.step, record.phase === "aborting", seen.weights]);
      if (isNewsworthy(spec.strategy, record, seen) && key !== shown) {
        shown = key;
        const data = { step: record.step, weights: seen.weights };
        await engine.journal({ type: "rollout.weights", at: at(), service, data });
      }
      if (record.phase === "stepping" && isJudged(options, seen, record))
        await analysis?.attend(seen, record);
    },
    wake: () => (isTold ? undefined : together?.turned),
    decided(seen, decision) {
      if (decision.done === "go-on") engine.facts.readySince = clock.now();
      together?.done(decision.done !== undefined);
      if (seen.rollout?.id === spec.id)
        onProgress?.(progressOf(options, seen, decision, analysis, engine.facts.verdict, pace));
    },
    async answered(answer) {
      // The same person may ask for the same thing at the next step.
      const key = JSON.stringify(answer);
      if (told === key) return;
      told = key;
      await engine.journal(requestEvent(service, at(), answer));
    },
    async ask(question, seen, signal) {
      const wanted = {
        ...options,
        signal: options.signal ? AbortSignal.any([options.signal, signal]) : signal,
      };
      if (question === "switch-test") engine.facts.switchTest = await testSwitch(wanted, seen);
      else if (question === "step-check") engine.facts.stepCheck = await checkStep(wanted, seen);
      else engine.facts.verification = await verifyOld(options, service, from ?? "");
    },
    refused: (command, refusal) => noteRefusal(engine, spec.version.version, command, refusal),
    nextLookSeconds: () =>
      analysis && analysis.dueSeconds > 0
        ? Math.min(engine.pollSeconds, analysis.dueSeconds)
        : engine.pollSeconds,
  });

  if (isAnnounced)
    await engine.journal({
      type: "rollout.finished",
      at: at(),
      service,
      data: {
        status: outcome.status,
        reasonCode: outcome.reasonCode,
        version: spec.version.version,
        summary: outcome.message,
      },
    });
  const verdict = outcome.status === "inconclusive" && analysis ? analysis.final() : engine.facts.verdict;
  return deployed(options, outcome, from, begunAt, verdict, analysis, last.url ?? (await engine.look()).url);
}

/** How a rollout ended that this one took the place of, for the journal: the run that began it cannot say so. */
const endOf = ({ to, abort }: RolloutRecord) => ({
  status: abort?.reasonCode.startsWith("judge.") ? ("failed" as const) : ("cancelled" as const),
  reasonCode: (abort?.reasonCode ?? "deploy.superseded") as ReasonCode,
  version: to,
  summary: abort?.sentence ?? `The rollout of ${to} was not finished.`,
});

function deployed(
  options: RolloutOptions,
  outcome: Outcome,
  from: string | null,
  begunAt: number,
  verdict: Verdict | null,
  analysis: Analysis | null,
  url: string | null,
): DeployedService {
  const { spec, clock } = options;
  return {
    name: spec.service,
    strategy: spec.strategy,
    from,
    to: spec.version.version,
    digest: spec.version.artifact.digest,
    status: outcome.status,
    reasonCode: outcome.reasonCode,
    message: outcome.message,
    seconds: (clock.now() - begunAt) / 1000,
    ...(url ? { url } : {}),
    verdict,
    canary: analysis?.canary ?? null,
  };
}

/** Whether the step that has its weight needs a judge; there is nothing to compare in a first deployment. */
function isJudged({ spec }: RolloutOptions, seen: Observation, record: RolloutRecord): boolean {
  const steps = stepsNow(spec, seen, record);
  return steps[Math.min(record.step, steps.length - 1)]!.need !== "nothing";
}

/** Weights are told when a step has them, and when an abort has them back; not while they are on their way. */
function isNewsworthy(strategy: string, record: RolloutRecord, seen: Observation): boolean {
  if (record.phase === "stepping") return record.stepStartedAt !== null;
  if (record.phase !== "aborting") return false;
  return (
    strategy === "rolling" || isSameSplit(seen.weights, record.from === null ? {} : { [record.from]: 100 })
  );
}

/** A version that cannot be started is a failed release; anything else that the target refuses ends the run. */
function noteRefusal(engine: Engine, version: string, command: Command, refusal: Refusal): boolean {
  if (command.type !== "ensure-version" || command.spec.version !== version) return false;
  if (refusal.reasonCode !== "deploy.port-in-use" && refusal.reasonCode !== "deploy.artifact-unusable")
    return false;
  engine.facts.startFailure = { reasonCode: refusal.reasonCode, sentence: refusal.problems[0].message };
  return true;
}

function refuseImpossible({ spec, router }: RolloutOptions): void {
  const [refusal] = spec.routing ? routingRefusals(router.capabilities, spec.routing) : [];
  if (refusal)
    throw new Refusal({
      reasonCode: "deploy.routing-refused",
      message: `The router of ${spec.service} cannot do what its canary asks for: ${refusal}.`,
      remedy: "Remove `testers`, `mirror` or `sticky` from the canary, or use a router that can do it.",
    });
  let before = 0;
  const steps = spec.strategy === "canary" ? spec.steps : spec.bluegreen?.switchSteps;
  for (const step of steps ?? []) {
    const isRising = step.weight > before && step.weight <= 100;
    const why = isRising
      ? router.refuses(step.weight)
      : `weights rise from step to step, up to 100 (before it: ${before} %)`;
    before = step.weight;
    if (why === null) continue;
    throw new Refusal({
      reasonCode: "deploy.weights-invalid",
      message: `${spec.service} cannot get ${step.weight} % of the traffic: ${why}`,
      remedy: "Change the weight of the step, or use a router that can split the traffic like that.",
    });
  }
}

function progressOf(
  { spec, clock }: RolloutOptions,
  seen: Observation,
  decision: Decision,
  analysis: Analysis | null,
  verdict: Verdict | null,
  pace: Pace,
) {
  const record = seen.rollout!;
  const steps = stepsNow(spec, seen, record);
  if (verdict) pace.note(verdict);
  const step = steps[record.step];
  const isHeld = record.phase === "stepping" && record.stepStartedAt !== null && step;
  const remaining = isHeld
    ? Math.max(0, step.pauseSeconds - (clock.now() - record.stepStartedAt!) / 1000)
    : 0;
  const holdLeft = limitsOf(spec).maxHoldSeconds + (remaining > 0 ? remaining : 0);
  // Where it waits for others it is for them to say what comes next.
  const isWaitedOut = decision.done && decision.waitSeconds > 0;
  const isTurning = decision.commands.some(
    (command) => command.type === "record" && command.record?.phase === "aborting",
  );
  const outlook: Outlook | null = isTurning
    ? { event: "rollback", seconds: 0 }
    : isHeld && !isWaitedOut
      ? outlookOf(spec, steps, record.step, verdict, pace, {
          remaining,
          holdLeft: remaining > 0 ? holdLeft : Math.min(holdLeft, decision.waitSeconds),
          rate: analysis?.rates[record.to] ?? null,
        })
      : null;
  return {
    type: "rollout" as const,
    service: spec.service,
    version: spec.version.version,
    ...(record.from === null ? {} : { from: record.from }),
    weights: seen.weights,
    step: { index: record.step, count: steps.length },
    ...(verdict ? { verdict } : {}),
    ...(analysis ? { rates: analysis.rates } : {}),
    waitingFor: decision.outcome?.message ?? decision.waitingFor,
    // A person takes as long as a person takes.
    remainingSeconds: Number.isFinite(decision.waitSeconds) ? decision.waitSeconds : 0,
    ...(outlook ? { outlook } : {}),
    ...(decision.outcome ? { isOver: true as const } : {}),
  };
}
