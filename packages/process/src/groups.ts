import { signalGroup } from "./end.ts";

const running = new Set<number>();
const deadly = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Notes a process group that must not outlive this process. */
export function watchGroup(pgid: number): void {
  if (running.size === 0) {
    process.on("exit", endAll);
    for (const signal of deadly) process.on(signal, onSignal);
  }
  running.add(pgid);
}

/** The group has ended. */
export function releaseGroup(pgid: number): void {
  running.delete(pgid);
  if (running.size > 0) return;
  process.off("exit", endAll);
  for (const signal of deadly) process.off(signal, onSignal);
}

function endAll(): void {
  for (const pgid of running) signalGroup(pgid, "SIGKILL");
}

/** Who handles the signal decides what happens to the commands; if nobody does, it ends this process as always. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}
