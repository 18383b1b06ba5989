import type { Session } from "./session.ts";

/** Time in which a cancelled statement has to end before its connection is cut. */
const patienceMilliseconds = 3000;

/**
 * On abort, asks the server to cancel what `worker` is running, again and again (a request that
 * comes between two statements has no effect), and cuts the connection when that does not help.
 * A runner gives 7.5 seconds between SIGINT and SIGTERM; this takes less than half of it.
 *
 * @returns ends the watch
 */
export function cancelOnAbort(
  signal: AbortSignal | undefined,
  observer: Session,
  worker: Session,
): () => void {
  if (!signal) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    const began = performance.now();
    const ask = () => {
      if (worker.isLost) return;
      if (observer.isLost || performance.now() - began > patienceMilliseconds) return worker.destroy();
      void observer.query("SELECT pg_cancel_backend($1)", [worker.pid]).catch(() => {});
      timer = setTimeout(ask, 200);
    };
    ask();
  };
  signal.addEventListener("abort", cancel, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  };
}
