import type { DeployedService, ReasonCode } from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import type { Abort, Standing } from "./decision.ts";
import type { RolloutOptions } from "./options.ts";
import { runRollout } from "./run.ts";

/** How several services ended that took their steps together. */
export interface EndedTogether {
  /** In the order in which they were given. */
  services: DeployedService[];
  /** The one because of which the others did not get to their end either; null when all of them did. */
  cause: DeployedService | null;
}

/**
 * Rolls several services out at the same time and in step: none goes on to its next weight, nor is promoted, before
 * each of them may leave its step. When one goes back, for whatever reason, all of them go back at once; one that is
 * held or undecided holds the others at the end of the step that they are in. May be called again after any end of
 * the process: what is ahead then waits for the rest.
 *
 * The services must have the same weights in the same order, and a version to go back to. One that a person takes out
 * of its steps is waited for no longer.
 *
 * @throws what the first of them throws, after the others have come to an end
 */
export async function runTogether(all: readonly RolloutOptions[]): Promise<EndedTogether> {
  const group = new Group(all.map(({ spec }) => spec.service));
  const ends = await Promise.allSettled(all.map((options) => carryOut(options, group)));
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
  const services = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  return { services, cause: services.find(({ name }) => name === group.cause) ?? null };
}

/** One of them, to its end. What was left as it is goes back all the same when another one has to later. */
async function carryOut(options: RolloutOptions, group: Group): Promise<DeployedService> {
  const { service } = options.spec;
  const together = group.memberOf(service);
  try {
    const deployed = await runRollout({ ...options, together });
    group.end(service, deployed);
    const isLeft = deployed.status === "held" || deployed.status === "inconclusive";
    if (!isLeft || !(await group.isTurnedInTheEnd())) return deployed;
    return await runRollout({ ...options, together });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    group.turn(service, { reasonCode: "run.internal", sentence: `It could not go on: ${why}` });
    group.end(service, null);
    throw error;
  }
}

/** What a rollout tells the others of its group, and asks about them. Nothing here takes any time. */
export interface Together {
  /** Where the rollout is: called with what was seen before it decides. */
  look(seen: Observation, id: string): void;
  /** What the others mean for it now. */
  standing(): Standing;
  /** Whether its step could end. */
  done(isDone: boolean): void;
  /** Aborted when one of them turns round: whoever waits for anything looks again. */
  readonly turned: AbortSignal;
}

interface Member {
  /** The step that it is in; infinite when it has left the last one. */
  step: number;
  isDone: boolean;
  /** How it ended; null while it goes on. */
  ended: ReasonCode | null;
}

/** Ends by which the run as a whole was stopped: each of the others notices that itself. */
const stops: readonly string[] = ["deploy.cancelled", "deploy.superseded"];

class Group {
  /** The first that did not get to its end. */
  cause: string | null = null;
  private back: Abort | null = null;
  private readonly members: Map<string, Member>;
  private readonly turned = new AbortController();
  private readonly over = Promise.withResolvers<void>();

  constructor(services: readonly string[]) {
    this.members = new Map(services.map((service) => [service, { step: 0, isDone: false, ended: null }]));
  }

  memberOf(service: string): Together {
    const me = this.members.get(service)!;
    return {
      look: ({ rollout, stable }, id) => {
        if (rollout?.id !== id) return;
        if (rollout.phase === "aborting") {
          me.step = 0;
          // Told when it is written, so that a run that is killed in between leaves the one that began with its reason.
          if (rollout.abort) this.turn(service, rollout.abort as Abort);
          return;
        }
        const isPast = stable === rollout.to || rollout.phase === "promoting";
        me.step = isPast || rollout.shortcut !== undefined ? Number.POSITIVE_INFINITY : rollout.step;
      },
      standing: () => this.standing(service, me),
      done: (isDone) => {
        me.isDone = isDone;
      },
      turned: this.turned.signal,
    };
  }

  /** One of them goes back, and the others with it; nothing happens where the whole run is being stopped. */
  turn(service: string, { reasonCode, sentence }: Abort): void {
    if (this.back !== null || stops.includes(reasonCode)) return;
    this.cause = service;
    this.back = {
      reasonCode: "deploy.partner-failed",
      sentence:
        reasonCode === "deploy.partner-failed"
          ? sentence
          : `${service}, with which it takes its steps, goes back: ${sentence}`,
    };
    this.turned.abort(new Error(this.back.sentence));
    this.over.resolve();
  }

  /** @param deployed null when it was broken off */
  end(service: string, deployed: DeployedService | null): void {
    const me = this.members.get(service)!;
    me.ended = deployed?.reasonCode ?? "run.internal";
    if (deployed?.status === "succeeded") me.step = Number.POSITIVE_INFINITY;
    else if (deployed) this.fail(service, deployed);
    if ([...this.members.values()].every(({ ended }) => ended !== null)) this.over.resolve();
  }

  /** Waits until all have ended, or one has turned round. */
  async isTurnedInTheEnd(): Promise<boolean> {
    await this.over.promise;
    return this.back !== null;
  }

  private fail(service: string, { status, reasonCode, message }: DeployedService): void {
    this.cause ??= service;
    if (status === "failed" || status === "rolled_back" || status === "rollback_failed")
      this.turn(service, { reasonCode, sentence: message });
  }

  private standing(service: string, me: Member): Standing {
    const others = [...this.members].filter(([name]) => name !== service);
    const isBehind = ({ step, isDone }: Member) => step < me.step || (step === me.step && !isDone);
    const behind = Number.isFinite(me.step) ? others.filter(([, other]) => isBehind(other)) : [];
    const [name, gone] = behind.find(([, { ended }]) => ended !== null) ?? [];
    return {
      waitsFor: behind.map(([name]) => name),
      stay: gone ? `${name} ended before (${gone.ended}).` : null,
      back: this.cause === service ? null : this.back,
    };
  }
}
