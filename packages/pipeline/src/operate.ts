import { allOf, formatDuration } from "@sluice/config";
import { type Event, type Problem, type ReasonCode, Refusal, type Status } from "@sluice/documents";
import type { OperatorRequest } from "@sluice/ports";
import { chosenServices } from "./choose.ts";
import type { Context } from "./context.ts";
import { type Holder, holderIn, holderOf } from "./lock-wait.ts";
import { deployStage, specsOfRelease } from "./stages/deploy.ts";
import { changeOf, changesUnderWay, leaveRequest, type UnderWay, withdrawRequest } from "./under-way.ts";

export interface OperatorOptions {
  services?: readonly string[];
  /** Why; it goes into the journal of the run that obeys. */
  reason?: string;
  /** How long to wait until it is obeyed. */
  waitSeconds: number;
}

/** What came of a request to a run in another process. */
export interface OperatorAnswer {
  environment: string;
  status: Status;
  reasonCode: ReasonCode;
  /** What happened, in sentences for a person. */
  summary: string;
  problems: readonly Problem[];
  services: readonly AskedService[];
}

export interface AskedService {
  name: string;
  from: string | null;
  to: string;
  status: Status;
  reasonCode: ReasonCode;
  message: string;
  /** Percent of the traffic by version, as it is now. */
  weights: Readonly<Record<string, number>>;
}

/**
 * Stops what is under way where it is: the traffic stays as it is, and the run ends. Needs no lock. The rollout can be
 * continued by deploying again, promoted, or rolled back.
 */
export async function haltRollouts(context: Context, options: OperatorOptions): Promise<OperatorAnswer> {
  const { holder, changes } = await find(context, options);
  const forward = changes.filter(({ isGoingBack }) => !isGoingBack);
  if (forward.length === 0)
    return answer(context, "skipped", "operate.nothing-under-way", nothingToHalt(holder, changes), []);
  if (!holder)
    return answerOf(context, await Promise.all(forward.map((change) => afterHalt(context, change, null))));
  const asked = await ask(context, forward, "halt", options.reason);
  const { isAtWork, said } = await waitFor(context, options.waitSeconds, holder, asked);
  const still = isAtWork || isPutAside(said) ? holder : null;
  return answerOf(context, await Promise.all(forward.map((change) => afterHalt(context, change, still))));
}

/**
 * Lets what waits go on: the step that is under way ends, or with `isFull` all of them. A rollout that nobody carries
 * out any more, because it was halted or its run has died, is taken up here, with the release that lies in the output
 * folder.
 *
 * @throws Refusal `operate.nothing-under-way`; `deploy.no-release` where the release to go on with is not here
 */
export async function promoteRollouts(
  context: Context,
  options: OperatorOptions & { isFull: boolean },
): Promise<OperatorAnswer> {
  const { holder, changes } = await find(context, options);
  const forward = changes.filter(({ isGoingBack }) => !isGoingBack);
  if (forward.length === 0)
    throw new Refusal({
      reasonCode: "operate.nothing-under-way",
      message: `There is nothing to promote in ${context.environment.environment}: ${nothingToHalt(holder, changes)}`,
      remedy: "`sluice status` shows what is there; `sluice deploy` begins a rollout.",
    });
  const kind = options.isFull ? "promote-full" : "promote";
  if (!holder) return carryOn(context, forward, kind, options.reason);
  const asked = await ask(context, forward, kind, options.reason);
  const { isOver, said } = await waitFor(context, options.waitSeconds, holder, asked, async () => {
    const seen = await Promise.all(forward.map((change) => hasMoved(context, change, options.isFull)));
    return seen.every((moved) => moved);
  });
  return answerOf(
    context,
    await Promise.all(
      forward.map((change) => afterPromote(context, change, isOver, said.get(change.service))),
    ),
  );
}

async function find(
  context: Context,
  options: OperatorOptions,
): Promise<{ holder: Holder | null; changes: UnderWay[] }> {
  const names = new Set(chosenServices(context, options.services).map(({ name }) => name));
  const holder = await holderOf(context);
  const changes = await changesUnderWay(context, holder?.stage ?? null);
  return { holder, changes: changes.filter(({ service }) => names.has(service)) };
}

type Asked = ReadonlyMap<string, OperatorRequest>;

async function ask(
  context: Context,
  changes: readonly UnderWay[],
  kind: OperatorRequest["kind"],
  reason: string | undefined,
): Promise<Asked> {
  const asked = new Map<string, OperatorRequest>();
  for (const change of changes) asked.set(change.service, await leaveRequest(context, change, kind, reason));
  return asked;
}

/** What the run has said in the journal about the requests, by service. */
type Answers = ReadonlyMap<string, { obeyed: boolean; summary: string }>;

/** What was found when a wait for a run ended. */
interface Waited {
  /** False: only the time is over. */
  isOver: boolean;
  /** The run that was asked still holds the lock. */
  isAtWork: boolean;
  said: Answers;
}

/**
 * Looks every half second until the run that was asked has ended or has put a request aside, or what was asked for is
 * done, or the time is over.
 */
async function waitFor(
  context: Context,
  seconds: number,
  holder: Holder,
  asked: Asked,
  isDone: () => Promise<boolean> = async () => false,
): Promise<Waited> {
  const { clock, signal, onProgress, lockTerms, journal } = context;
  const until = clock.now() + 1000 * seconds;
  const text = `asked run ${holder.run} of ${holder.owner}; waiting up to ${formatDuration(seconds)} until it obeys`;
  onProgress({ type: "message", text });
  for (;;) {
    const done = await isDone();
    const events = await journal.events();
    const said = answersIn(events, asked);
    const isAtWork = holderIn(events, context)?.run === holder.run;
    const isOver = done || !isAtWork || isPutAside(said);
    const left = until - clock.now();
    if (isOver || left <= 0 || signal.aborted) return { isOver, isAtWork, said };
    await clock
      .sleep(Math.min(1000 * Math.max(0.5, (lockTerms.pollSeconds ?? 1) / 2), left), signal)
      .catch(() => {});
  }
}

function answersIn(events: readonly Event[], asked: Asked): Answers {
  const said = new Map<string, { obeyed: boolean; summary: string }>();
  for (const event of events) {
    if (event.type !== "rollout.request" || event.service === undefined) continue;
    if (Date.parse(event.data.askedAt) === asked.get(event.service)?.at) said.set(event.service, event.data);
  }
  return said;
}

const isPutAside = (said: Answers): boolean => [...said.values()].some(({ obeyed }) => !obeyed);

/** How it is with one service after a halt; `holder` is null when nobody is at work any more. */
async function afterHalt(context: Context, change: UnderWay, holder: Holder | null): Promise<AskedService> {
  const seen = await context.target.target.observe(change.service);
  const as = asked(change, seen.weights);
  if (holder)
    return as(
      "inconclusive",
      "operate.not-obeyed-yet",
      `Run ${holder.run} has not obeyed yet; the request stays, and it will with its next look.`,
    );
  if (seen.request) await withdrawRequest(context, change.service);
  if (change.kind === "watch")
    return seen.stable === change.to
      ? as("held", "operate.halted", `The watch of ${change.to} has ended; it keeps its traffic.`)
      : as("failed", "operate.too-late", `${change.to} was taken back before the watch could be ended.`);
  if (seen.rollout?.id === change.id && seen.rollout.phase !== "aborting" && seen.stable !== change.to)
    return as(
      "held",
      "operate.halted",
      `The rollout of ${change.to} stands still in step ${seen.rollout.step + 1} (${sharesOf(seen.weights)}) and nobody works on it. ` +
        "Deploy it again to go on, or `sluice promote`, or `sluice rollback`.",
    );
  return as("failed", "operate.too-late", howItEnded(change, seen.stable));
}

/** Whether a rollout has gone on since it was looked at. */
async function hasMoved(context: Context, change: UnderWay, isFull: boolean): Promise<boolean> {
  const seen = await context.target.target.observe(change.service);
  const now = changeOf(seen, null);
  if (change.kind === "watch") return seen.request === null;
  if (!now || now.id !== change.id || now.isGoingBack) return true;
  return !isFull && seen.request === null && (now.step > change.step || now.record?.phase === "promoting");
}

async function afterPromote(
  context: Context,
  change: UnderWay,
  isOver: boolean,
  said: { obeyed: boolean; summary: string } | undefined,
): Promise<AskedService> {
  const seen = await context.target.target.observe(change.service);
  const as = asked(change, seen.weights);
  if (said && !said.obeyed) return as("failed", "operate.put-aside", said.summary);
  if (seen.stable === change.to)
    return as(
      "succeeded",
      "operate.promoted",
      change.kind === "watch"
        ? `The watch of ${change.to} has ended.`
        : `${change.to} has all of the traffic.`,
    );
  const now = changeOf(seen, null);
  if (!now || now.id !== change.id || now.isGoingBack)
    return as("failed", "operate.too-late", howItEnded(change, seen.stable));
  if (said || now.step > change.step)
    return as(
      "succeeded",
      "operate.promoted",
      `The rollout of ${change.to} goes on with step ${now.step + 1} (${sharesOf(seen.weights)}).`,
    );
  if (isOver && seen.request) await withdrawRequest(context, change.service);
  return isOver
    ? as(
        "failed",
        "operate.put-aside",
        "The run ended before it read the request. Promote again to go on here.",
      )
    : as("inconclusive", "operate.not-obeyed-yet", "It has not gone on yet; the request stays.");
}

/** Goes on with rollouts that nobody carries out, in this process. */
async function carryOn(
  context: Context,
  changes: readonly UnderWay[],
  kind: "promote" | "promote-full",
  reason: string | undefined,
): Promise<OperatorAnswer> {
  const [{ to: version, record }] = changes as [UnderWay];
  const strategy = record?.strategy;
  const request = { version, strategy, services: changes.map(({ service }) => service) };
  const specs = await specsOfRelease(context, request);
  const other = changes.find(({ service, id }) => specs.find((spec) => spec.service === service)?.id !== id);
  if (other)
    throw new Refusal({
      reasonCode: "deploy.no-release",
      message: `The rollout of ${other.to} of ${other.service} was begun with another configuration or of something else than lies in ${context.out}.`,
      remedy: "Promote it where its release and its configuration are, or roll it back.",
    });
  await ask(context, changes, kind, reason);
  const result = await deployStage(context, request);
  const services = result.details?.stage === "deploy" ? result.details.services : [];
  const seen = await context.target.list();
  return {
    ...answer(context, result.status, result.reasonCode, result.summary, []),
    problems: result.problems,
    services: services.map(({ name, from, to, status, reasonCode, message }) => ({
      ...{ name, from, to, status, reasonCode, message },
      weights: seen.find(({ service }) => service === name)?.weights ?? {},
    })),
  };
}

const asked =
  ({ service: name, from, to }: UnderWay, weights: AskedService["weights"]) =>
  (status: Status, reasonCode: ReasonCode, message: string): AskedService => ({
    ...{ name, from, to, status, reasonCode, message, weights },
  });

const howItEnded = ({ to }: UnderWay, stable: string | null): string =>
  stable === to
    ? `${to} was promoted before the request was read; it has all of the traffic.`
    : `${to} was taken back before the request was read; ${stable ?? "nothing"} has the traffic.`;

const sharesOf = (weights: AskedService["weights"]): string =>
  Object.entries(weights)
    .map(([version, weight]) => `${version} ${weight} %`)
    .join(", ") || "no traffic";

function nothingToHalt(holder: Holder | null, changes: readonly UnderWay[]): string {
  if (changes.length > 0)
    return `${allOf(changes.map(({ service }) => service))} goes back already; wait until that is done.`;
  return holder
    ? `no rollout is under way; run ${holder.run} of ${holder.owner} holds the lock${holder.stage ? ` and is in its stage ${holder.stage}` : ""}. Cancel it where it runs to stop it.`
    : "no rollout is under way.";
}

const answer = (
  { environment: { environment } }: Context,
  status: Status,
  reasonCode: ReasonCode,
  summary: string,
  services: readonly AskedService[],
): OperatorAnswer => ({ environment, status, reasonCode, summary, problems: [], services });

/** The worst of the services speaks for all. */
function answerOf(context: Context, services: readonly AskedService[]): OperatorAnswer {
  const order: readonly Status[] = ["failed", "inconclusive", "held", "succeeded"];
  const worst = order.flatMap((status) => services.find((one) => one.status === status) ?? [])[0]!;
  const summary = services.map(({ name, message }) => `${name}: ${message}`).join(" ");
  return answer(context, worst.status, worst.reasonCode, summary, services);
}

/** The answer as a person reads it in a terminal. */
export const formatAnswer = ({ environment, status, summary, services }: OperatorAnswer): string =>
  [
    `${environment}: ${status.replaceAll("_", " ")}`,
    ...(services.length === 0
      ? [`  ${summary}`]
      : services.map(({ name, message }) => `  ${name}  ${message}`)),
    "",
  ].join("\n");
