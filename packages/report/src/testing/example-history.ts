import type { Event, EventKind, EventOf, Result, StageName, Status } from "@sluice/documents";
import type { ReportInput, RunInput } from "../report.ts";
import { build, digest, examplePlan, loadOf, migrate, scan, verify } from "./example-documents.ts";
import { Version } from "./example-version.ts";

const noon = Date.parse("2026-03-04T12:00:00.000Z");

/** Builds the journal and the results of three releases, one after the other. */
export class ExampleHistory {
  readonly events: Event[] = [];
  readonly runs: RunInput[] = [];
  private now = noon;

  private write<K extends EventKind>(run: string, type: K, data: EventOf<K>["data"], service?: string): void {
    this.events.push({
      schema: "sluice/event/v1",
      sequence: this.events.length + 1,
      at: new Date(this.now).toISOString(),
      run,
      environment: "demo",
      ...(service ? { service } : {}),
      type,
      data,
    } as Event);
  }

  private stage(
    run: string,
    stage: StageName,
    seconds: number,
    status: Status,
    summary: string,
    details: Result["details"],
  ): Result {
    const startedAt = new Date(this.now).toISOString();
    this.write(run, "stage.started", { stage });
    this.now += seconds * 1000;
    return this.endStage(run, stage, startedAt, status, summary, details);
  }

  private endStage(
    run: string,
    stage: StageName,
    startedAt: string,
    status: Status,
    summary: string,
    details: Result["details"],
  ): Result {
    const seconds = (this.now - Date.parse(startedAt)) / 1000;
    const reasonCode = status === "succeeded" ? "run.succeeded" : "deploy.rolled-back";
    this.write(run, "stage.finished", { stage, status, reasonCode, seconds, summary });
    const finishedAt = new Date(this.now).toISOString();
    return {
      schema: "sluice/result/v1",
      stage,
      environment: "demo",
      status,
      reasonCode,
      summary,
      startedAt,
      finishedAt,
      problems: [],
      details,
    };
  }

  /** One release from build to verify. A regression is found and rolled back. */
  release(version: string, from: string | null, kind: "first" | "good" | "bad", title: string): this {
    const run = `demo-${version}`;
    const started = this.now;
    this.write(run, "run.started", {
      version,
      commit: "9f3c2ab4d1e0",
      committedAt: new Date(this.now - 900_000).toISOString(),
      actor: "anna",
      planHash: digest,
    });
    this.write(run, "lock.acquired", {
      owner: "anna@laptop, process 4242",
      fencing: this.runs.length + 1,
      expiresAt: new Date(this.now + 120_000).toISOString(),
    });
    const plan = examplePlan(version, from);
    const results: Result[] = [
      this.stage(run, "plan", 0.2, "succeeded", "4 stages, 24 s of deliberate waits", {
        stage: "plan",
        plan,
        planHash: digest,
      }),
      this.stage(
        run,
        "build",
        6.4,
        "succeeded",
        "3 services built, 58 tests passed, coverage 86 %",
        build(version),
      ),
      this.stage(run, "scan", 2.1, "succeeded", "3 of 3 scanners ran and found nothing", scan()),
      this.stage(
        run,
        "migrate",
        1.3,
        "succeeded",
        kind === "good" ? "1 migration applied" : "nothing to apply",
        migrate(kind),
      ),
    ];
    const deployStarted = new Date(this.now).toISOString();
    this.write(run, "stage.started", { stage: "deploy" });
    this.rollout(run, version, from, kind, "orders");
    if (kind === "good") this.rollout(run, version, from, kind, "catalog");
    const isBad = kind === "bad";
    const summary = isBad ? `orders went back to ${from}` : `orders serves ${version}`;
    results.push(
      this.endStage(run, "deploy", deployStarted, isBad ? "rolled_back" : "succeeded", summary, null),
    );
    results.push(
      this.stage(run, "verify", 1.8, "succeeded", "5 of 5 checks passed", verify(isBad ? from! : version)),
    );
    this.write(run, "lock.released", { owner: "anna@laptop, process 4242", fencing: this.runs.length + 1 });
    this.write(
      run,
      "run.finished",
      isBad
        ? {
            status: "rolled_back",
            reasonCode: "run.rolled-back",
            summary: `${version} was worse than ${from}`,
          }
        : { status: "succeeded", reasonCode: "run.succeeded", summary: `${version} serves all traffic` },
    );
    const load = from === null ? null : loadOf((this.now - started) / 1000, started, isBad);
    this.runs.push({ run, title, plan, results, load });
    this.now += 4_000;
    return this;
  }

  private rollout(
    run: string,
    version: string,
    from: string | null,
    kind: "first" | "good" | "bad",
    service: string,
  ): void {
    const strategy = from === null ? "rolling" : "canary";
    this.write(run, "rollout.started", { from, to: version, strategy, resumed: false }, service);
    this.now += 2_100;
    if (from === null) this.write(run, "rollout.weights", { step: 0, weights: { [version]: 100 } }, service);
    else if (this.canary(run, version, from, kind === "bad", service)) return;
    this.now += 1_000;
    const summary = `${version} serves all traffic`;
    this.write(
      run,
      "rollout.finished",
      { status: "succeeded", reasonCode: "deploy.promoted", version, summary, unanswered: 0 },
      service,
    );
  }

  /** @returns whether it was rolled back */
  private canary(run: string, version: string, from: string, isBad: boolean, service: string): boolean {
    const baseline = new Version(version.length + 11 + service.length, 0.004, 0.018);
    const canary = new Version(
      version.length + 77 + service.length,
      isBad ? 0.031 : 0.004,
      isBad ? 0.034 : 0.018,
    );
    for (let i = 0; i < 60; i++) baseline.serve(250);
    const start = this.now;
    const history = baseline.counters;
    const seen = () => ({
      requests: baseline.requests - history.requests,
      errors: baseline.errors - history.errors,
    });
    let eValue = 1;
    for (const [step, weight] of [5, 25, 50, 100].entries()) {
      this.write(
        run,
        "rollout.weights",
        { step, weights: { [version]: weight, [from]: 100 - weight } },
        service,
      );
      for (let second = 0; second < 14; second++) {
        this.now += 1_000;
        canary.serve(Math.round(2.5 * weight));
        baseline.serve(Math.round(2.5 * (100 - weight)));
        const t = (this.now - start) / 1000;
        this.write(
          run,
          "rollout.sample",
          { t, weight, canary: canary.counters, baseline: baseline.counters },
          service,
        );
        const excess = canary.errors - (0.006 * canary.requests + 1);
        eValue = Math.max(0.05, isBad ? Math.exp(Math.max(-2, excess * 0.45)) : Math.exp(-t / 18));
        const isWorse = eValue >= 100;
        const isDone = weight === 100 && second === 5;
        const ratio =
          canary.errors /
          Math.max(canary.requests, 1) /
          Math.max(seen().errors / Math.max(seen().requests, 1), 0.0001);
        this.write(
          run,
          "rollout.verdict",
          {
            t,
            verdict: isWorse ? "rollback" : isDone ? "promote" : canary.requests < 40 ? "hold" : "continue",
            reasonCode: isWorse ? "judge.worse" : isDone ? "judge.not-worse" : "judge.healthy-so-far",
            sentence: isWorse
              ? `${version} fails ${(ratio).toFixed(1)} times as often as ${from}: ${canary.errors} of ${canary.requests} requests against ${seen().errors} of ${seen().requests}.`
              : isDone
                ? `${version} is not harmfully worse than ${from} after ${canary.requests} requests.`
                : `Nothing speaks against ${version} so far.`,
            evidence: {
              canary: { requests: canary.requests, errors: canary.errors, p99: isBad ? 162 : 84 },
              baseline: { ...seen(), p99: 83 },
              metrics: [
                {
                  metric: "error_ratio",
                  eValue,
                  p: Math.min(1, 1 / eValue),
                  ratio: { estimate: ratio, low: ratio * 0.4, high: ratio * 2.1 },
                },
                {
                  metric: "latency_p99",
                  eValue: isBad ? eValue ** 0.6 : Math.exp(-t / 25),
                  p: 0.4,
                  ratio: null,
                },
              ],
              guards: [
                {
                  condition: "error_rate > 5%",
                  band: "rollback",
                  value: (100 * canary.errors) / Math.max(canary.requests, 1),
                  isBreached: false,
                  breachesInARow: 0,
                },
                {
                  condition: "latency_p99 > 1000ms",
                  band: "rollback",
                  value: isBad ? 162 : 84,
                  isBreached: false,
                  breachesInARow: 0,
                },
              ],
              eValue,
              p: Math.min(1, 1 / eValue),
              promotionEValue: isBad ? Math.exp(-t / 6) : Math.exp(t / 15),
              decidedBy: isWorse ? "error_ratio" : null,
              alpha: 0.01,
              beta: 0.05,
            },
          },
          service,
        );
        if (isDone) return false;
        if (!isWorse) continue;
        this.now += 300;
        this.write(run, "rollout.weights", { step, weights: { [from]: 100 } }, service);
        this.now += 2_000;
        this.write(
          run,
          "rollout.finished",
          {
            status: "rolled_back",
            reasonCode: "deploy.rolled-back",
            version: from,
            summary: `all traffic is on ${from} again`,
            unanswered: 0,
          },
          service,
        );
        return true;
      }
    }
    return false;
  }

  input(changes: Partial<ReportInput> = {}): ReportInput {
    return {
      project: "shop",
      environment: "demo",
      now: this.now,
      events: this.events,
      runs: this.runs,
      ...changes,
    };
  }
}

/** A first deployment, a good canary and a bad one. */
export const threeReleases = (): ExampleHistory =>
  new ExampleHistory()
    .release("1.0.0", null, "first", "Release 1: the first deployment")
    .release("2.0.0", "1.0.0", "good", "Release 2: a new feature, with a migration")
    .release("3.0.0", "2.0.0", "bad", "Release 3: a regression");
