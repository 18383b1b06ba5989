import { Refusal } from "@sluice/documents";
import { Entry } from "./entry.ts";
import { describeHolder } from "./port-holder.ts";
import { Routes } from "./routes.ts";

interface Open {
  entry: Entry;
  port: number;
}

/** The public ports of all services of an environment. */
export class ServiceEntries {
  readonly #routes = new Map<string, Routes>();
  readonly #open = new Map<string, Open>();
  readonly #options: { requestTimeoutSeconds: number; drainSeconds: number };

  constructor(options: { requestTimeoutSeconds: number; drainSeconds: number }) {
    this.#options = options;
  }

  routes(service: string): Routes {
    const routes = this.#routes.get(service) ?? new Routes(service);
    this.#routes.set(service, routes);
    return routes;
  }

  get all(): IterableIterator<Routes> {
    return this.#routes.values();
  }

  url(service: string): string | null {
    const open = this.#open.get(service);
    return open ? `http://127.0.0.1:${open.port}` : null;
  }

  /**
   * Sees to it that a service has a port: the wanted one, the one it has, or any free one. `undo` takes back what
   * was done; `accept` closes the port that it had before.
   *
   * @throws Refusal `deploy.port-in-use`
   */
  async open(
    service: string,
    wanted: number | undefined,
  ): Promise<{ port: number; accept(): void; undo(): Promise<void> }> {
    const before = this.#open.get(service);
    if (before && (wanted === undefined || wanted === before.port)) {
      return { port: before.port, accept: () => {}, undo: async () => {} };
    }
    const opened = await this.#listen(service, wanted ?? 0);
    this.#open.set(service, opened);
    return {
      port: opened.port,
      accept: () => void before?.entry.close(this.#options.drainSeconds),
      undo: async () => {
        if (before) this.#open.set(service, before);
        else this.#open.delete(service);
        await opened.entry.close(0);
      },
    };
  }

  /** Takes the port again that the service had under an earlier host; tries for ever while somebody else has it. */
  async restore(service: string, port: number, pauseMilliseconds = 25): Promise<void> {
    try {
      this.#open.set(service, await this.#listen(service, port));
    } catch (error) {
      console.error((error as Error).message);
      setTimeout(() => {
        if (!this.#open.has(service)) void this.restore(service, port, Math.min(pauseMilliseconds * 2, 2000));
      }, pauseMilliseconds).unref();
    }
  }

  async close(seconds: number): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ entry }) => entry.close(seconds)));
  }

  async #listen(service: string, port: number): Promise<Open> {
    const entry = new Entry(this.routes(service), { timeoutSeconds: this.#options.requestTimeoutSeconds });
    try {
      return { entry, port: await entry.listen(port) };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const sibling = [...this.#open].find(([, other]) => other.port === port)?.[0];
      const holder = sibling ? `the service ${sibling} of this environment` : await describeHolder(port);
      throw new Refusal(
        {
          reasonCode: "deploy.port-in-use",
          message:
            code === "EADDRINUSE"
              ? `Port ${port}, which ${service} needs, is taken by ${holder}.`
              : `Port ${port}, which ${service} needs, cannot be opened: ${message}.`,
          remedy: "End that process, or give the service another port in its configuration.",
        },
        { cause: error },
      );
    }
  }
}
