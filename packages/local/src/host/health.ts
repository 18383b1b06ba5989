import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { VersionSpec } from "@sluice/ports";
import type { Backend } from "./backend.ts";

type HealthCheck = VersionSpec["healthCheck"];

/** Longest pause between two checks of a replica that was never healthy, in seconds. */
const startupInterval = 0.25;

/** Asks a replica for its health. @returns null when it is healthy (status 200–299), otherwise why it is not */
export function probe(port: number, { path, timeoutSeconds }: HealthCheck): Promise<string | null> {
  return new Promise((resolve) => {
    const req = get({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      answer.resume();
      const status = answer.statusCode!;
      answer.once("close", () => clearTimeout(timer));
      resolve(status >= 200 && status < 300 ? null : `HTTP ${status}`);
    });
    const timer = setTimeout(
      () => req.destroy(new Error(`no answer in ${timeoutSeconds} s`)),
      timeoutSeconds * 1000,
    );
    req.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(error.code === "ECONNREFUSED" ? "connection refused" : error.message);
    });
  });
}

/** Keeps `backend.isReady` true to what the health check says, until it is stopped. */
export class HealthWatch {
  /** Why the replica is not ready; null when it is. */
  reason: string | null = "the health check has not run yet";
  readonly #backend: Backend;
  readonly #check: () => HealthCheck;
  readonly #onChange: () => void;
  readonly #stop = new AbortController();
  #pause = new AbortController();

  constructor(backend: Backend, check: () => HealthCheck, onChange: () => void) {
    this.#backend = backend;
    this.#check = check;
    this.#onChange = onChange;
    backend.onUnreachable = () => {
      if (!backend.isReady) return;
      this.#set(false, "it refused a connection");
      this.#pause.abort();
    };
  }

  /**
   * Checks at once, or after the initial delay, and then at every interval. A replica becomes ready with the
   * first success and unready with `failureThreshold` failures in a row.
   */
  async run({ isFirst }: { isFirst: boolean }): Promise<void> {
    if (isFirst) await this.#sleep(this.#check().initialDelaySeconds);
    let failures = 0;
    let wasReady = false;
    while (!this.#stop.signal.aborted) {
      const check = this.#check();
      const why = await probe(this.#backend.port, check);
      if (this.#stop.signal.aborted) return;
      failures = why === null ? 0 : failures + 1;
      if (why === null) {
        wasReady = true;
        this.#set(true, null);
      } else if (!this.#backend.isReady || failures >= check.failureThreshold) {
        this.#set(false, `health check ${check.path}: ${why} (attempt ${failures})`);
      }
      const { intervalSeconds } = check;
      await this.#sleep(wasReady ? intervalSeconds : Math.min(startupInterval, intervalSeconds));
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#pause.abort();
    this.#backend.isReady = false;
  }

  #set(isReady: boolean, reason: string | null): void {
    this.reason = reason;
    if (this.#backend.isReady === isReady) return;
    this.#backend.isReady = isReady;
    this.#onChange();
  }

  async #sleep(seconds: number): Promise<void> {
    this.#pause = new AbortController();
    if (this.#stop.signal.aborted) return;
    await sleep(seconds * 1000, undefined, { signal: this.#pause.signal }).catch(() => {});
  }
}
