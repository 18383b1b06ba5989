import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "@sluice/documents";
import type { ReplicaObservation, VersionSpec } from "@sluice/ports";
import { type Exit, endProcess, isAlive, signalGroup, startProcess } from "@sluice/process";
import type { EnvironmentPaths } from "../paths.ts";
import { type Adopted, adopt } from "./adoption.ts";
import { Backend } from "./backend.ts";
import { HealthWatch } from "./health.ts";
import { lastLines, starOut } from "./log-file.ts";
import { describeEnd, restartDelay, wellAfterSeconds } from "./restarts.ts";
import type { Routes } from "./routes.ts";
import { type ReplicaState, startName } from "./state.ts";

/** What a keeper has to know of the world around its replica. */
export interface KeeperContext {
  service: string;
  version: string;
  paths: EnvironmentPaths;
  routes: Routes;
  drainSeconds: number;
  graceSeconds: number;
  /** The spec as it is now. */
  spec(): VersionSpec;
  /** The whole environment of a process; null when values of secrets are not known any more. */
  environment(port: number): Record<string, string> | null;
  secretValues(): Iterable<string>;
  /** Notes on disk that the replica is about to be started again. */
  noteRestart(id: string): Promise<ReplicaState>;
  /** Whether a replica that has ended should be started again. */
  isWanted(id: string): boolean;
  onChange(): void;
}

interface Running {
  pid: number;
  backend: Backend;
  health: HealthWatch;
}

/** Keeps one replica running: starts or adopts it, watches its health, starts it again, and ends it. */
export class Keeper {
  readonly #context: KeeperContext;
  readonly #leaving = new AbortController();
  #state: ReplicaState;
  #running: Running | null = null;
  #reason = "it is being started";
  #endsInARow = 0;
  #stopping: Promise<unknown> | null = null;
  /** How much of the log has no secret in it any more, in bytes. */
  #starred = 0;

  constructor(state: ReplicaState, context: KeeperContext) {
    this.#state = state;
    this.#context = context;
  }

  get id(): string {
    return this.#state.id;
  }

  get isReady(): boolean {
    return this.#running?.backend.takesTraffic ?? false;
  }

  get logFile(): string {
    return join(this.#context.paths.logs, `${this.id}.log`);
  }

  /** Takes out of the log what the replica printed of its secrets since the last time. */
  hideSecrets(): void {
    this.#starred = starOut(this.logFile, this.#context.secretValues(), this.#starred);
  }

  observe(): ReplicaObservation {
    const { id, restarts, startedAt, port } = this.#state;
    const reason = this.#running ? this.#running.health.reason : this.#reason;
    return {
      id,
      isReady: this.isReady,
      restarts,
      startedAt,
      ...(reason !== null && { reason }),
      ...(this.#running && { url: `http://127.0.0.1:${port}` }),
    };
  }

  /**
   * Keeps the replica until it has left.
   *
   * @param isNoted it was noted by an earlier host, so it may be running already
   */
  async keep({ isNoted }: { isNoted: boolean }): Promise<void> {
    let adopted: Adopted | null = null;
    let isToBegin = true;
    if (isNoted) {
      adopted = await this.#adopt();
      isToBegin = false;
    }
    for (;;) {
      if (adopted) await this.#follow(adopted.pid, followAdopted(adopted), { isFirst: false });
      else if (isToBegin && !this.#leaving.signal.aborted) await this.#start();
      adopted = null;
      if (this.#leaving.signal.aborted || !this.#context.isWanted(this.id)) break;
      if (isToBegin) await this.#pause(restartDelay(Math.max(1, this.#endsInARow)));
      if (this.#leaving.signal.aborted || !this.#context.isWanted(this.id)) break;
      isToBegin = await this.#noteRestart();
      if (!isToBegin) await this.#pause(1);
    }
    await this.#stopping;
  }

  /** Lets the replica finish what it is answering, and ends it. `keep` returns then. */
  leave(): void {
    if (this.#leaving.signal.aborted) return;
    if (this.#running) this.#stopping = this.#stop(this.#running);
    this.#leaving.abort();
  }

  async #adopt(): Promise<Adopted | null> {
    for (;;) {
      try {
        return await adopt(join(this.#context.paths.replicas, `${startName(this.#state)}.pid`));
      } catch (error) {
        // Not to know whether it runs is no reason to start another one.
        this.#reason = `It cannot be adopted: ${(error as Error).message}`;
        await this.#pause(1);
        if (this.#leaving.signal.aborted) return null;
      }
    }
  }

  async #stop({ backend, pid }: Running): Promise<void> {
    backend.isLeaving = true;
    await backend.drained(this.#context.drainSeconds);
    backend.close();
    await endProcess(pid, { graceSeconds: this.#context.graceSeconds });
  }

  async #noteRestart(): Promise<boolean> {
    try {
      this.#state = await this.#context.noteRestart(this.id);
      return true;
    } catch (error) {
      this.#reason = (error as Error).message;
      return false;
    }
  }

  async #start(): Promise<void> {
    const { service, version, paths } = this.#context;
    const spec = this.#context.spec();
    let env = this.#context.environment(this.#state.port);
    while (env === null) {
      this.#reason = `The values of ${spec.secrets.join(", ")} are not known since the host was started again; deploy ${service} ${version} again.`;
      await this.#pause(0.25);
      if (this.#leaving.signal.aborted || !this.#context.isWanted(this.id)) return;
      env = this.#context.environment(this.#state.port);
    }
    try {
      const child = startProcess(spec.command, {
        cwd: join(paths.artifacts, spec.artifact.digest.replace(":", "-")),
        env,
        logFile: this.logFile,
        pidFile: join(paths.replicas, `${startName(this.#state)}.pid`),
      });
      await this.#follow(child.pid, child.exited, { isFirst: true });
    } catch (error) {
      this.#endsInARow += 1;
      this.#reason = `It cannot be started: ${error instanceof Refusal ? error.problems[0].message : (error as Error).message}`;
    }
  }

  /** Watches a process until it has ended. */
  async #follow(pid: number, exited: Promise<Exit>, { isFirst }: { isFirst: boolean }): Promise<void> {
    const { routes, version, secretValues } = this.#context;
    const backend = new Backend(this.id, version, this.#state.port);
    const health = new HealthWatch(backend, () => this.#context.spec().healthCheck, this.#context.onChange);
    this.#running = { pid, backend, health };
    routes.add(backend);
    routes.counter(version);
    if (this.#leaving.signal.aborted) this.#stopping = this.#stop(this.#running);
    void health.run({ isFirst });
    const exit = await exited;
    this.hideSecrets();
    health.stop();
    backend.close();
    routes.remove(backend);
    this.#running = null;
    if (pid > 0) signalGroup(pid, "SIGKILL"); // what it has left behind
    const ranSeconds = Math.max(0, Date.now() - this.#state.startedAt) / 1000;
    this.#endsInARow = ranSeconds >= wellAfterSeconds ? 1 : this.#endsInARow + 1;
    this.#reason = describeEnd({
      ...exit,
      ranSeconds,
      endsInARow: this.#endsInARow,
      lastLines: lastLines(this.logFile, 5, secretValues()),
    });
    this.#context.onChange();
  }

  async #pause(seconds: number): Promise<void> {
    await sleep(seconds * 1000, undefined, { signal: this.#leaving.signal }).catch(() => {});
  }
}

/** The end of a process that is not our child can only be seen by looking. */
async function followAdopted({ pid, startTime }: Adopted): Promise<Exit> {
  while (isAlive(pid, startTime)) await sleep(200);
  return { exitCode: null, signal: null };
}
