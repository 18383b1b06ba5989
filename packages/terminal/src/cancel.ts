import { Refusal } from "@sluice/documents";

/**
 * Turns SIGINT and SIGTERM into an abort: a person at the terminal or the runner wants the work to end.
 *
 * @returns the signal, and how to stop listening
 */
export function abortOnSignals(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void =>
    controller.abort(new Refusal({ reasonCode: "run.cancelled", message: `Cancelled by ${name}.` }));
  process.on("SIGINT", abort).on("SIGTERM", abort);
  return {
    signal: controller.signal,
    release: () => void process.off("SIGINT", abort).off("SIGTERM", abort),
  };
}
