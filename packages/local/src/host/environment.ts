import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command, Observation, Routing } from "@sluice/ports";
import { freePort } from "@sluice/process";
import type { EnvironmentPaths } from "../paths.ts";
import { Keeper } from "./keeper.ts";
import { capLog, withPasswords } from "./log-file.ts";
import { observeService } from "./observation.ts";
import { replicaPlan } from "./replica-plan.ts";
import { removeStrayFiles } from "./retention.ts";
import { ServiceEntries } from "./service-entries.ts";
import { type ReplicaState, runHash, type VersionState, withService, withVersion } from "./state.ts";
import type { StateStore } from "./store.ts";
import { afterCommand, afterRouting, afterWeights } from "./transitions.ts";

export interface HostOptions {
  environment: string;
  /** What every replica gets from the environment of the host. */
  baseEnvironment: Readonly<Record<string, string>>;
  /** How long a replica may take to finish its requests, in seconds. */
  drainSeconds: number;
  /** How long it may take between SIGTERM and SIGKILL, in seconds. */
  graceSeconds: number;
  /** How long a version may take to begin its answer, in seconds. */
  requestTimeoutSeconds: number;
  /** Size at which the log of a replica is cut, in bytes. */
  logLimitBytes: number;
}

/** Pause before something that could not be written down is tried again. */
const retryMilliseconds = 1000;

/** One environment on this machine: brings what runs in line with the state, again and again. */
export class LocalEnvironment {
  readonly entries: ServiceEntries;
  readonly #paths: EnvironmentPaths;
  readonly #options: HostOptions;
  readonly #store: StateStore;
  readonly #keepers = new Map<string, { keeper: Keeper; kept: Promise<void> }>();
  /** Values of secrets by service and version: only ever in memory. */
  readonly #secrets = new Map<string, Record<string, string>>();
  #reconciling: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(paths: EnvironmentPaths, store: StateStore, options: HostOptions) {
    this.#paths = paths;
    this.#store = store;
    this.#options = options;
    this.entries = new ServiceEntries(options);
  }

  /** Goes on where the last host was killed: adopts what still runs, then takes requests again. */
  async begin(): Promise<void> {
    const { services } = this.#store.state;
    for (const [name, service] of Object.entries(services)) {
      this.entries.routes(name).setWeights(service.weights);
      this.entries.routes(name).routing = service.routing;
      for (const [version, { replicas }] of Object.entries(service.versions)) {
        for (const replica of replicas) this.#keep(name, version, replica, { isNoted: true });
      }
    }
    await this.#adoptionSettled();
    for (const [name, { port }] of Object.entries(services))
      if (port !== null) await this.entries.restore(name, port);
    this.reconcile();
    setInterval(() => this.#tidy(), 10_000).unref();
  }

  /** Carries out a command. Returns when it is accepted and on the disk. */
  async apply(command: Command): Promise<void> {
    const now = Date.now();
    if (command.type !== "ensure-version") {
      await this.#store.update((state) => afterCommand(state, command, now));
      return this.reconcile();
    }
    const { secrets, ...ensure } = command;
    const { service } = command;
    const opened = await this.entries.open(service, command.spec.port);
    const key = secretsKey(service, command.spec.version);
    const before = this.#secrets.get(key);
    this.#secrets.set(key, secrets);
    try {
      await this.#store.update((state) =>
        withService(afterCommand(state, ensure, now), service, (was) =>
          was.port === opened.port ? was : { ...was, port: opened.port },
        ),
      );
    } catch (error) {
      if (before) this.#secrets.set(key, before);
      else this.#secrets.delete(key);
      await opened.undo();
      throw error;
    }
    opened.accept();
    this.reconcile();
  }

  async setWeights(service: string, weights: Readonly<Record<string, number>>): Promise<void> {
    const state = await this.#store.update((before) => afterWeights(before, service, weights));
    this.entries.routes(service).setWeights(state.services[service]?.weights ?? {});
  }

  async setRouting(service: string, routing: Routing | null): Promise<void> {
    const state = await this.#store.update((before) => afterRouting(before, service, routing));
    this.entries.routes(service).routing = state.services[service]?.routing ?? null;
  }

  observe(service: string): Observation {
    return observeService(service, this.#store.state.services[service], {
      replica: (id) => this.#keepers.get(id)?.keeper.observe(),
      inFlight: (version) => this.entries.routes(service).counter(version).inFlight,
      weights: this.entries.routes(service).weights,
      url: this.entries.url(service),
    });
  }

  get services(): string[] {
    return Object.keys(this.#store.state.services);
  }

  /** Stops everything: takes no more requests, answers what it has, ends every replica. The state stays. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#reconciling;
    await this.entries.close(this.#options.drainSeconds);
    const keepers = [...this.#keepers.values()];
    for (const { keeper } of keepers) keeper.leave();
    await Promise.all(keepers.map(({ kept }) => kept));
  }

  /** Looks, soon, for what separates the processes from the state, and closes the gap. */
  reconcile(): void {
    if (this.#isStopping) return;
    this.#reconciling = this.#reconciling
      .then(() => this.#reconcileAll())
      .catch((error) => {
        // The disk is full, most likely. What is wanted is still wanted.
        console.error((error as Error).message);
        setTimeout(() => this.reconcile(), retryMilliseconds).unref();
      });
  }

  async #reconcileAll(): Promise<void> {
    for (const [name, service] of Object.entries(this.#store.state.services)) {
      for (const version of Object.keys(service.versions)) {
        if (this.#isStopping) return;
        await this.#reconcileVersion(name, version);
      }
    }
  }

  async #reconcileVersion(name: string, version: string): Promise<void> {
    const isReady = (id: string) => this.#keepers.get(id)?.keeper.isReady ?? false;
    let retired: string[] = [];
    // Decided on the state that is changed: a version that was to be removed may be wanted again by now.
    await this.#store.update((state) =>
      withVersion(state, name, version, (now) => {
        retired = replicaPlan(now, isReady).retire;
        if (retired.length === 0) return now;
        const leaving = (one: ReplicaState) => (retired.includes(one.id) ? { ...one, isLeaving: true } : one);
        return { ...now, replicas: now.replicas.map(leaving) };
      }),
    );
    for (const id of retired) this.#keepers.get(id)?.keeper.leave();
    for (;;) {
      const wanted = this.#store.state.services[name]?.versions[version];
      if (!wanted || replicaPlan(wanted, isReady).start === 0) break;
      const replica = await newReplica(name, wanted);
      await this.#changeReplicas(name, version, (replicas) => [...replicas, replica]);
      this.#keep(name, version, replica, { isNoted: false });
    }
    const left = this.#store.state.services[name]?.versions[version];
    if (left?.isLeaving && left.replicas.length === 0) await this.#forget(name, version);
  }

  async #forget(name: string, version: string): Promise<void> {
    await this.#store.update((state) =>
      withVersion(state, name, version, (now) => (now.isLeaving && now.replicas.length === 0 ? null : now)),
    );
    if (this.#store.state.services[name]?.versions[version]) return;
    this.entries.routes(name).forget(version);
    this.#secrets.delete(secretsKey(name, version));
  }

  #keep(service: string, version: string, replica: ReplicaState, { isNoted }: { isNoted: boolean }): void {
    const noted = () => this.#store.state.services[service]?.versions[version];
    const keeper = new Keeper(replica, {
      service,
      version,
      paths: this.#paths,
      routes: this.entries.routes(service),
      drainSeconds: this.#options.drainSeconds,
      graceSeconds: this.#options.graceSeconds,
      spec: () => noted()!.spec,
      environment: (port) => this.#replicaEnvironment(service, noted()!, port),
      secretValues: () => withPasswords(Object.values(this.#secrets.get(secretsKey(service, version)) ?? {})),
      noteRestart: (id) => this.#noteRestart(service, version, id),
      isWanted: (id) => {
        const now = noted();
        const found = now?.replicas.find((other) => other.id === id);
        return (
          !this.#isStopping && found !== undefined && !found.isLeaving && found.runs === runHash(now!.spec)
        );
      },
      onChange: () => this.reconcile(),
    });
    const kept = keeper.keep({ isNoted }).then(
      () => this.#gone(service, version, replica.id),
      (error) => console.error(`${replica.id}: ${(error as Error).stack}`),
    );
    this.#keepers.set(replica.id, { keeper, kept });
    if (replica.isLeaving) keeper.leave();
  }

  /** A replica has left: its place in the state is removed, however often that has to be tried. */
  async #gone(service: string, version: string, id: string): Promise<void> {
    this.#keepers.delete(id);
    for (;;) {
      if (this.#isStopping) return;
      try {
        await this.#changeReplicas(service, version, (replicas) => replicas.filter((one) => one.id !== id));
        return this.reconcile();
      } catch (error) {
        console.error((error as Error).message);
        await sleep(retryMilliseconds);
      }
    }
  }

  async #noteRestart(service: string, version: string, id: string): Promise<ReplicaState> {
    const port = await freePort();
    const state = await this.#changeReplicas(service, version, (replicas) =>
      replicas.map((replica) =>
        replica.id === id
          ? { ...replica, restarts: replica.restarts + 1, port, startedAt: Date.now() }
          : replica,
      ),
    );
    return state.services[service]!.versions[version]!.replicas.find((replica) => replica.id === id)!;
  }

  #changeReplicas(
    name: string,
    version: string,
    change: (replicas: readonly ReplicaState[]) => ReplicaState[],
  ) {
    return this.#store.update((state) =>
      withVersion(state, name, version, (now) => ({ ...now, replicas: change(now.replicas) })),
    );
  }

  #replicaEnvironment(service: string, { spec }: VersionState, port: number): Record<string, string> | null {
    const secrets = this.#secrets.get(secretsKey(service, spec.version)) ?? {};
    if (spec.secrets.some((name) => secrets[name] === undefined)) return null;
    return {
      ...this.#options.baseEnvironment,
      HOST: "127.0.0.1",
      ...spec.environment,
      ...secrets,
      PORT: String(port),
      SERVICE: service,
      DEPLOYMENT_VERSION: spec.version,
      DEPLOYMENT_ENVIRONMENT: this.#options.environment,
    };
  }

  /** Gives adopted replicas a moment to show that they are ready, so that the first request finds them. */
  async #adoptionSettled(): Promise<void> {
    const until = performance.now() + 1000;
    const areReady = () => [...this.#keepers.values()].every(({ keeper }) => keeper.isReady);
    while (!areReady() && performance.now() < until) await sleep(10);
  }

  #tidy(): void {
    for (const { keeper } of this.#keepers.values()) {
      keeper.hideSecrets();
      capLog(keeper.logFile, this.#options.logLimitBytes);
    }
    removeStrayFiles(this.#paths, this.#store.state);
  }
}

async function newReplica(service: string, { spec }: VersionState): Promise<ReplicaState> {
  const name = `${service}-${spec.version}`.replace(/[^\w.-]/g, "_");
  return {
    id: `${name}-${randomBytes(3).toString("hex")}`,
    runs: runHash(spec),
    port: await freePort(),
    restarts: 0,
    startedAt: Date.now(),
    isLeaving: false,
  };
}

const secretsKey = (service: string, version: string) => JSON.stringify([service, version]);
