import { Agent } from "node:http";

/** One replica as the data plane sees it. */
export class Backend {
  readonly id: string;
  readonly version: string;
  readonly port: number;
  /** Connections that are kept for requests that may be repeated. */
  readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 60_000, scheduling: "lifo" });
  /** It answers its health check. */
  isReady = false;
  /** It is on its way out and gets no new request. */
  isLeaving = false;
  /** Called when a connection was refused: the process is gone or hangs, though nobody has noticed yet. */
  onUnreachable: () => void = () => {};
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor(id: string, version: string, port: number) {
    this.id = id;
    this.version = version;
    this.port = port;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get takesTraffic(): boolean {
    return this.isReady && !this.isLeaving;
  }

  /** A request begins; the returned function ends it, once. */
  begin(): () => void {
    this.#inFlight += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#inFlight -= 1;
      if (this.#inFlight > 0) return;
      for (const resolve of this.#idle.splice(0)) resolve();
    };
  }

  /** Resolves when it answers nothing any more, or after `seconds`. */
  async drained(seconds: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Closes the connections that wait for a next request. */
  close(): void {
    this.agent.destroy();
  }
}
