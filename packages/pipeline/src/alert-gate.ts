import type { DeployedService } from "@sluice/documents";
import { MetricsAway } from "@sluice/ports";
import type { Context } from "./context.ts";
import { alertsOf } from "./measures.ts";
import { type ServiceRelease, strategyFrom } from "./rollout-spec.ts";

/** Between two looks at the alerts, in seconds. */
const everySeconds = 10;

/**
 * Holds a deployment that has not begun while a critical alert fires: whoever changes something in an incident does
 * not know what came from what. Lasts as long as a step may be held (`canary.analysis.maxHold`); alerts that cannot be
 * read hold it too, as nobody knows then.
 *
 * @returns null when it may begin, otherwise how the service ended without having begun
 */
export async function holdForAlerts(
  context: Pick<Context, "clock" | "signal" | "onProgress" | "labels">,
  service: Pick<ServiceRelease, "settings" | "version" | "strategy">,
  running: string | null,
): Promise<DeployedService | null> {
  const { settings, version } = service;
  const { alerts } = alertsOf(settings);
  if (!alerts) return null;
  const { clock, signal, onProgress, labels } = context;
  const { name, canary } = settings;
  const begunAt = clock.now();
  const until = begunAt + 1000 * canary.analysis.maxHoldSeconds;
  let told = "";
  for (;;) {
    const why = await whyNot(name, alerts, signal);
    if (why === null) return null;
    const text = `held before it begins: ${why.sentence}`;
    if (told !== text) onProgress({ type: "warning", service: name, text });
    told = text;
    if (clock.now() >= until || signal.aborted) {
      const end = signal.aborted
        ? ({ status: "cancelled", reasonCode: "deploy.cancelled" } as const)
        : why.end;
      return {
        ...{ name, strategy: strategyFrom(running, service, labels), from: running, to: version, ...end },
        message: `${version} was not begun: ${why.sentence} Deploy it again, or with \`--despite-alerts\` (the input \`despite-alerts\`) where it is what mends them.`,
        seconds: (clock.now() - begunAt) / 1000,
        verdict: null,
        canary: null,
      };
    }
    await clock
      .sleep(Math.min(1000 * everySeconds, Math.max(1, until - clock.now())), signal)
      .catch(() => {});
  }
}

/** Why a deployment of the service may not begin now, as critical alerts tell; null when it may. */
export async function heldByAlerts(
  { signal }: Pick<Context, "signal">,
  settings: ServiceRelease["settings"],
): Promise<string | null> {
  const { alerts } = alertsOf(settings);
  return alerts ? ((await whyNot(settings.name, alerts, signal))?.sentence ?? null) : null;
}

async function whyNot(
  service: string,
  alerts: NonNullable<ReturnType<typeof alertsOf>["alerts"]>,
  signal: AbortSignal,
) {
  try {
    const firing = await alerts.firing(service, signal);
    if (firing.length === 0) return null;
    return {
      sentence: `${firing.join(", ")} ${firing.length === 1 ? "is" : "are"} firing.`,
      end: { status: "held", reasonCode: "deploy.held" } as const,
    };
  } catch (error) {
    if (!(error instanceof MetricsAway)) {
      if (!signal.aborted) throw error;
      return {
        sentence: "The run was stopped.",
        end: { status: "cancelled", reasonCode: "deploy.cancelled" } as const,
      };
    }
    return {
      sentence: `${error.message.replace(/\.$/, "")}, so nobody knows whether a critical alert fires.`,
      end: { status: "inconclusive", reasonCode: "judge.metrics-away" } as const,
    };
  }
}
