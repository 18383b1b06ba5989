import { canonicalJson, Refusal } from "@sluice/documents";
import type {
  Clock,
  Command,
  Observation,
  OperatorRequest,
  ReplicaObservation,
  Revision,
  RolloutRecord,
  Routing,
  VersionSpec,
} from "@sluice/ports";
import { type Life, lifeOf } from "./memory-life.ts";
import { type Behaviour, MemoryTraffic } from "./memory-traffic.ts";

interface Replica {
  id: string;
  startedAt: number;
  restarts: number;
}

interface Version {
  spec: VersionSpec;
  replicas: Replica[];
  leavingSince: number | null;
}

/** The process that used the environment was killed: nothing that it calls does anything from now on. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface MemoryOptions {
  clock: Clock;
  service?: string;
  /** Requests per second of all users together. */
  requestsPerSecond?: number;
  /** How versions behave; what is not named is healthy. */
  behaviour?: Record<string, Behaviour>;
  /** Seconds until the data plane follows. */
  lagSeconds?: number;
  /** Seconds that a version needs to finish what it is answering. */
  drainSeconds?: number;
}

/**
 * One service with its versions, its traffic and its books, as a target has them: replicas need time to start, the data
 * plane follows with a delay, versions that are removed finish first. Requests go where the data plane sends them, and
 * are lost where nobody is ready. Counts what was done, and can be killed after any of it.
 */
export class MemoryEnvironment {
  readonly service: string;
  readonly traffic: MemoryTraffic;
  /** Every command and every setting of weights that had an effect, in order. */
  readonly effects: string[] = [];
  /** Calls that changed nothing because all was so already. */
  repeats = 0;
  /** What must never happen and did. */
  readonly violations: string[] = [];
  /** Dies after this number of calls that could change something. */
  killAfter = Number.POSITIVE_INFINITY;
  /** Called after every such call, with its number. */
  afterCall: ((number: number) => void) | null = null;
  calls = 0;
  /** Called after every look of the process that uses it, with its number and what was seen. */
  afterLook: ((number: number, seen: Observation) => void) | null = null;
  looks = 0;

  private isDead = false;
  private readonly options: MemoryOptions;
  private readonly versions = new Map<string, Version>();
  private record: RolloutRecord | null = null;
  private request: OperatorRequest | null = null;
  private routing: Routing | null = null;
  private stable: string | null = null;
  private readonly history: Revision[] = [];
  private wanted: Record<string, number> = {};
  private wantedAt = 0;
  private before: Record<string, number> = {};
  private replicaNumber = 0;

  constructor(options: MemoryOptions) {
    this.options = options;
    this.service = options.service ?? "shop";
    this.traffic = new MemoryTraffic(
      options.requestsPerSecond ?? 100,
      (version) => this.behaviourOf(version),
      options.clock.now(),
    );
  }

  /** A new process begins to use it. */
  revive(): void {
    this.isDead = false;
    this.killAfter = Number.POSITIVE_INFINITY;
  }

  /** The process that uses it dies now, wherever it is. */
  kill(): void {
    this.isDead = true;
  }

  /** What the process that uses it sees when it looks. */
  look(): Observation {
    this.alive();
    const seen = this.observe();
    this.afterLook?.(++this.looks, seen);
    return seen;
  }

  /** A person leaves a request, from another process: it counts as nobody's call. */
  leave(request: OperatorRequest): void {
    this.request = structuredClone(request);
  }

  behave(version: string, behaviour: Behaviour): void {
    this.settle();
    this.options.behaviour = { ...this.options.behaviour, [version]: behaviour };
  }

  observe(): Observation {
    this.settle();
    return {
      service: this.service,
      versions: [...this.versions].map(([version, { spec, replicas, leavingSince }]) => ({
        version,
        digest: spec.artifact.digest,
        desired: leavingSince === null ? spec.replicas : 0,
        isLeaving: leavingSince !== null,
        replicas: replicas.map((replica) => this.observed(version, replica)),
      })),
      stable: this.stable,
      weights: this.dataPlane(),
      routing: this.readRouting(),
      rollout: this.record && { ...this.record },
      request: this.request && { ...this.request },
      history: [...this.history],
      url: this.versions.size ? `http://${this.service}` : null,
    };
  }

  apply(command: Command): void {
    this.change(() => {
      switch (command.type) {
        case "ensure-version":
          return this.ensure(command.spec);
        case "remove-version":
          return this.remove(command.version);
        case "record":
          if (JSON.stringify(this.record) === JSON.stringify(command.record)) return null;
          this.record = structuredClone(command.record);
          if (this.request?.rollout !== command.record?.id) this.request = null;
          return `record ${command.record ? `${command.record.phase} ${command.record.step}` : "nothing"}`;
        case "request":
          if (JSON.stringify(this.request) === JSON.stringify(command.request)) return null;
          this.request = structuredClone(command.request);
          return `request ${command.request?.kind ?? "nothing"}`;
        case "mark-stable":
          return this.markStable(command.version);
      }
    });
  }

  setWeights(weights: Readonly<Record<string, number>>): void {
    const total = Object.values(weights).reduce((a, b) => a + b, 0);
    const isWrong =
      Object.values(weights).some((weight) => !(weight >= 0)) || !(Math.abs(total - 100) <= 0.01);
    if (Object.keys(weights).length && isWrong)
      throw new Refusal({ reasonCode: "deploy.weights-invalid", message: `The shares add up to ${total}.` });
    for (const version of Object.keys(weights))
      if (!this.versions.has(version) || this.versions.get(version)!.leavingSince !== null)
        throw new Refusal({ reasonCode: "deploy.unknown-version", message: `${version} does not run.` });
    this.change(() => {
      for (const [version, weight] of Object.entries(weights)) {
        const grows = weight > 0 && weight > (this.wanted[version] ?? 0);
        if (grows && this.readyCount(version) === 0)
          this.violations.push(`${weight} % to ${version}, which is not ready`);
      }
      if (JSON.stringify(this.wanted) === JSON.stringify(weights)) return null;
      this.before = this.dataPlane();
      this.wanted = Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0));
      this.wantedAt = this.options.clock.now();
      return `weights ${JSON.stringify(weights)}`;
    });
  }

  setRouting(routing: Routing | null): void {
    if (routing && this.versions.get(routing.version)?.leavingSince !== null)
      throw new Refusal({
        reasonCode: "deploy.unknown-version",
        message: `${routing.version} does not run.`,
      });
    this.change(() => {
      if (routing && this.readyCount(routing.version) === 0)
        this.violations.push(`requests are routed to ${routing.version}, which is not ready`);
      if (canonicalJson(this.routing) === canonicalJson(routing)) return null;
      this.routing = structuredClone(routing);
      return `routing ${routing ? JSON.stringify(routing) : "nothing"}`;
    });
  }

  readRouting(): Routing | null {
    return this.routing && { ...this.routing };
  }

  readWeights(): Record<string, number> {
    this.settle();
    return this.dataPlane();
  }

  /** The shares that were asked for last; the data plane follows. */
  get asked(): Readonly<Record<string, number>> {
    return this.wanted;
  }

  /** Throws when the process that asks is dead. */
  alive(): void {
    if (this.isDead) throw new Killed("killed");
  }

  readyCount(version: string, at = this.options.clock.now()): number {
    const found = this.versions.get(version);
    return found && found.leavingSince === null
      ? found.replicas.filter((replica) => this.lifeOf(version, replica).isReady(at)).length
      : 0;
  }

  /** Lets everything happen that happened since the last look: requests were answered or lost, versions went. */
  settle(): void {
    const now = this.options.clock.now();
    const flip = this.wantedAt + 1000 * (this.options.lagSeconds ?? 0.5);
    if (this.traffic.until < flip && flip <= now) this.flow(flip, this.before);
    this.flow(now, this.dataPlane());
    for (const [version, { leavingSince }] of this.versions)
      if (leavingSince !== null && now - leavingSince >= 1000 * (this.options.drainSeconds ?? 2)) {
        this.versions.delete(version);
        this.traffic.forget(version);
      }
  }

  /** Sends requests by the same shares, piece by piece between the moments at which replicas came and went. */
  private flow(until: number, weights: Record<string, number>): void {
    const { traffic } = this;
    const moments = Object.keys(weights).flatMap((version) =>
      (this.versions.get(version)?.replicas ?? [])
        .flatMap((replica) => this.lifeOf(version, replica).turns(traffic.until))
        .filter((at) => at > traffic.until && at < until),
    );
    for (const at of [...new Set(moments)].sort((a, b) => a - b).concat(until)) {
      const since = traffic.until;
      traffic.flow(at, weights, (version) => this.readyCount(version, since) > 0);
    }
  }

  private change(what: () => string | null): void {
    this.alive();
    this.settle();
    const effect = what();
    if (effect === null) this.repeats++;
    else this.effects.push(effect);
    this.calls++;
    this.afterCall?.(this.calls);
    if (this.calls >= this.killAfter) {
      this.isDead = true;
      throw new Killed(`killed after ${effect}`);
    }
  }

  private ensure(spec: VersionSpec): string | null {
    const behaviour = this.behaviourOf(spec.version);
    if (behaviour.refuses)
      throw new Refusal({ reasonCode: behaviour.refuses, message: `${spec.version} cannot be started.` });
    const found = this.versions.get(spec.version);
    const isSame = found?.leavingSince === null && isSameBut(found.spec, spec);
    if (isSame && found.spec.replicas === spec.replicas) return null;
    const kept = isSame ? found.replicas.slice(0, spec.replicas) : [];
    while (kept.length < spec.replicas)
      kept.push({
        id: `${spec.version}-${this.replicaNumber++}`,
        startedAt: this.options.clock.now(),
        restarts: 0,
      });
    this.versions.set(spec.version, { spec: structuredClone(spec), replicas: kept, leavingSince: null });
    return `ensure ${spec.version} x${spec.replicas}`;
  }

  private remove(version: string): string | null {
    const found = this.versions.get(version);
    if (!found || found.leavingSince !== null) return null;
    if ((this.wanted[version] ?? 0) > 0)
      throw new Refusal({ reasonCode: "deploy.has-traffic", message: `${version} has traffic.` });
    if ((this.dataPlane()[version] ?? 0) > 0)
      this.violations.push(`${version} was removed before the data plane had left it`);
    if (this.routing?.version === version)
      this.violations.push(`${version} was removed while requests were routed to it`);
    found.leavingSince = this.options.clock.now();
    return `remove ${version}`;
  }

  private markStable(version: string): string | null {
    const spec = this.versions.get(version)?.spec;
    if (!spec)
      throw new Refusal({ reasonCode: "deploy.unknown-version", message: `${version} does not run.` });
    const newest = this.history[0];
    if (this.stable === version && newest) {
      if (canonicalJson(newest.spec) === canonicalJson(spec)) return null;
      this.history[0] = { ...newest, spec };
      return `stable ${version}`;
    }
    this.stable = version;
    this.history.unshift({
      revision: (newest?.revision ?? 0) + 1,
      spec,
      stableSince: this.options.clock.now(),
    });
    return `stable ${version}`;
  }

  private dataPlane(): Record<string, number> {
    const hasFollowed = this.options.clock.now() - this.wantedAt >= 1000 * (this.options.lagSeconds ?? 0.5);
    return { ...(hasFollowed ? this.wanted : this.before) };
  }

  private observed(version: string, replica: Replica): ReplicaObservation {
    const life = this.lifeOf(version, replica);
    const now = this.options.clock.now();
    const isReady = life.isReady(now);
    const restarts = replica.restarts + life.deaths(now);
    const reason = isReady && restarts === 0 ? undefined : (this.behaviourOf(version).reason ?? "starting");
    return { ...replica, restarts, isReady, ...(reason ? { reason } : {}), url: `http://${replica.id}` };
  }

  private behaviourOf(version: string): Behaviour {
    return this.options.behaviour?.[version] ?? {};
  }

  private lifeOf(version: string, { startedAt }: Replica): Life {
    return lifeOf(this.behaviourOf(version), startedAt);
  }
}

/** Whether two specs run the same, in whatever number. */
const isSameBut = (a: VersionSpec, b: VersionSpec) =>
  canonicalJson({ ...a, replicas: 0 }) === canonicalJson({ ...b, replicas: 0 });
