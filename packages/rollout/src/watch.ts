import type { ReasonCode, Status, Verdict, WatchDetails } from "@sluice/documents";
import type { Clock, OnProgress, OperatorRequest, Target } from "@sluice/ports";
import type { RolloutEvent } from "./options.ts";
import { Watched, type WatchedService } from "./watch-look.ts";

export interface WatchOptions {
  services: readonly WatchedService[];
  /** How long to watch. */
  seconds: number;
  /** Between two readings. */
  sampleSeconds: number;
  target: Target;
  clock: Clock;
  record: (event: RolloutEvent) => Promise<void> | void;
  onProgress?: OnProgress;
  signal?: AbortSignal;
  /** Asked before each look: why the watch has no sense any more, as somebody else changes the services; null otherwise. */
  isOverBecause?: () => Promise<string | null>;
}

export interface WatchOutcome {
  status: Extract<Status, "succeeded" | "failed" | "cancelled" | "inconclusive">;
  reasonCode: ReasonCode;
  summary: string;
  /** Services whose guards ended the watch; these are to be rolled back. */
  breached: string[];
  /** What was judged last, by service; of a breach the verdict that names it. */
  verdicts: Record<string, Verdict>;
  /** What a person has asked for, where that ended the watch. */
  endedBy: OperatorRequest["kind"] | null;
  details: WatchDetails;
}

/**
 * Watches services that have all of their traffic. There is no old version to compare with any more, so the bounds
 * of the configuration decide, increases over what was measured before the release, alerts that have begun to fire,
 * and how fast the errors use up what the objective leaves. Ends at the first breach. A person may end it too: an
 * `abort` is a breach, anything else is not.
 *
 * Metrics that cannot be read end nothing; when a service could never be read the watch was `inconclusive`.
 */
export async function watchServices(options: WatchOptions): Promise<WatchOutcome> {
  const { clock, signal } = options;
  const begunAt = clock.now();
  const elapsed = () => (clock.now() - begunAt) / 1000;
  const watched = options.services.map((service) => new Watched(service, options));
  let over: string | null = null;
  for (;;) {
    for (const one of watched) if (!signal?.aborted) await one.look(elapsed());
    const remaining = options.seconds - elapsed();
    if (signal?.aborted || remaining <= 0 || watched.some((one) => one.breach || one.request)) break;
    over = (await options.isOverBecause?.()) ?? null;
    if (over !== null) break;
    options.onProgress?.({
      type: "message",
      text: `watching ${watched.map((one) => one.service.name).join(", ")} for ${Math.ceil(remaining)} s more`,
    });
    try {
      await clock.sleep(1000 * Math.min(options.sampleSeconds, remaining), signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }
  const seconds = elapsed();
  return {
    ...endOf(watched, seconds, signal?.aborted === true, over),
    breached: watched.filter((one) => one.breach).map((one) => one.service.name),
    verdicts: Object.fromEntries(
      watched.flatMap(({ service, verdict }) => (verdict ? [[service.name, verdict]] : [])),
    ),
    endedBy: watched.find((one) => one.request)?.request?.kind ?? null,
    details: {
      stage: "watch",
      seconds,
      services: watched.map(({ service, counted, verdict, message }) => ({
        name: service.name,
        message,
        ...counted,
        p99: verdict?.evidence.canary?.p99 ?? null,
        guards: verdict?.evidence.guards ?? [],
      })),
    },
  };
}

function endOf(
  watched: readonly Watched[],
  seconds: number,
  isAborted: boolean,
  over: string | null,
): Pick<WatchOutcome, "status" | "reasonCode" | "summary"> {
  const breached = watched.filter((one) => one.breach);
  const [first] = breached;
  if (first)
    return {
      status: "failed",
      reasonCode: first.breach!,
      summary: breached.map((one) => `${one.service.name}: ${one.message}`).join(" "),
    };
  if (isAborted)
    return {
      status: "cancelled",
      reasonCode: "run.cancelled",
      summary: `The watch was stopped after ${Math.round(seconds)} s.`,
    };
  const asked = watched.find((one) => one.request);
  if (asked || over !== null)
    return {
      status: "succeeded",
      reasonCode: asked ? "watch.ended-by-request" : "watch.quiet",
      summary: `The watch ended after ${Math.round(seconds)} s, and nothing was wrong until then. ${asked?.message ?? over}`,
    };
  const unread = watched.filter((one) => !one.wasSeen);
  if (unread.length > 0)
    return {
      status: "inconclusive",
      reasonCode: "judge.metrics-away",
      summary: `The metrics of ${unread.map((one) => one.service.name).join(", ")} could not be read once.`,
    };
  return {
    status: "succeeded",
    reasonCode: "watch.quiet",
    summary: `Nothing was wrong for ${Math.round(seconds)} s.`,
  };
}
