import { Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { back, both, Duo, expectOrder, type Name, names, promoted } from "./testing/duo.ts";
import { minutes } from "./testing/scenario.ts";

const statuses = ({ services }: Awaited<ReturnType<Duo["run"]>>) =>
  services.map(({ name, status, reasonCode }) => `${name} ${status} ${reasonCode}`);

describe("two services that take their canary steps together", () => {
  test("go through all of them in step, and the slower one sets the pace", async () => {
    const duo = await Duo.withOld();
    duo.specs.payments = {
      steps: [
        { weight: 5, pauseSeconds: minutes(8) },
        { weight: 50, pauseSeconds: minutes(1) },
        { weight: 100, pauseSeconds: 0 },
      ],
    };
    const running = duo.run();
    await duo.reached("orders", 5);
    await duo.clock.sleep(1000 * minutes(7));
    expect([duo.shareOf("orders"), duo.shareOf("payments")]).toEqual([5, 5]);
    const ended = await running;
    expect(statuses(ended)).toEqual([
      "orders succeeded deploy.promoted",
      "payments succeeded deploy.promoted",
    ]);
    expect(ended.cause).toBeNull();
    expect(duo.state).toEqual(both(promoted));
    expectOrder(duo);
    const shares = duo.events.flatMap((event) =>
      event.type === "rollout.weights" ? [(event.data.weights as Record<string, number>)["1.1.0"]] : [],
    );
    expect(shares).toEqual([5, 5, 50, 50, 100, 100]);
  });

  test("say whom they wait for, and neither end the wait nor promise anything for it", async () => {
    const duo = await Duo.withOld();
    duo.specs.orders = { maxHoldSeconds: 60 };
    duo.specs.payments = {
      steps: [
        { weight: 5, pauseSeconds: 0, isManual: true },
        { weight: 50, pauseSeconds: 30 },
        { weight: 100, pauseSeconds: 0 },
      ],
    };
    const said: string[] = [];
    duo.options.orders = {
      onProgress: (progress) => {
        if (progress.type === "rollout" && progress.waitingFor.includes("payments"))
          said.push(`${progress.waitingFor} ${progress.remainingSeconds} ${progress.outlook?.event}`);
      },
    };
    const running = duo.run();
    await duo.reached("payments", 5);
    await duo.clock.sleep(1000 * minutes(20));
    expect(new Set(said)).toEqual(new Set(["payments to be done with the step of 5 % too 0 undefined"]));
    duo.isAway.orders = true;
    await duo.clock.sleep(20_000);
    duo.isAway.orders = false;
    await duo.clock.sleep(20_000);
    duo.asks("payments", "promote");
    expect((await running).cause).toBeNull();
    expectOrder(duo);
  });

  test("without any users they go on when their time is over, as configured", async () => {
    const duo = await Duo.withOld();
    for (const service of names) {
      duo.of(service).traffic.requestsPerSecond = 0;
      duo.specs[service] = { maxHoldSeconds: 60, onInconclusive: "promote" };
    }
    const { cause, services } = await duo.run();
    expect(cause).toBeNull();
    for (const { seconds } of services) expect(seconds).toBeLessThan(5 * 60);
    expectOrder(duo);
  });

  test.each<[Name, Name]>([
    ["orders", "payments"],
    ["payments", "orders"],
  ])("a bad release of %s takes %s back at once, which names it", async (bad, good) => {
    const duo = await Duo.withOld({ [bad]: { errorRatio: 0.3 } });
    const turned: Partial<Record<Name, number>> = {};
    for (const service of names)
      duo.of(service).afterCall = () => {
        if (duo.recordOf(service)?.phase === "aborting") turned[service] ??= duo.clock.now();
      };
    const ended = await duo.run({ pollSeconds: 60 });
    expect(ended.services.find(({ name }) => name === bad)).toMatchObject({
      status: "rolled_back",
      reasonCode: "deploy.rolled-back",
    });
    expect(ended.services.find(({ name }) => name === good)).toMatchObject({
      status: "rolled_back",
      reasonCode: "deploy.partner-failed",
      message: expect.stringMatching(new RegExp(`^${bad}, with which it takes its steps, goes back: `)),
    });
    expect(ended.cause?.name).toBe(bad);
    expect(turned[good]! - turned[bad]!).toBeLessThanOrEqual(2000);
    expect(duo.state).toEqual(both(back));
    expectOrder(duo);
  });

  test("one that never gets ready ends the other, whether it had traffic or not", async () => {
    const duo = await Duo.withOld({ payments: { neverReady: true } });
    const ended = await duo.run();
    expect(statuses(ended)).toEqual([
      "orders rolled_back deploy.partner-failed",
      "payments failed deploy.unhealthy",
    ]);
    expect(duo.state).toEqual(both(back));
    const slow = await Duo.withOld({ orders: { startSeconds: 300 }, payments: { diesAfterSeconds: 2 } });
    expect(statuses(await slow.run())).toEqual([
      "orders cancelled deploy.partner-failed",
      "payments failed deploy.crashed",
    ]);
    expect(slow.state).toEqual(both(back));
  });

  test("one that cannot decide holds the other at the end of its step, and both go on together later", async () => {
    const duo = await Duo.withOld();
    duo.specs.payments = { maxHoldSeconds: 120 };
    duo.isAway.payments = true;
    const ended = await duo.run();
    expect(statuses(ended)).toEqual(["orders held deploy.held", "payments inconclusive judge.metrics-away"]);
    expect(ended.cause?.name).toBe("payments");
    expect(ended.services[0]?.message).toContain("payments ended before (judge.metrics-away)");
    expect([duo.shareOf("orders"), duo.shareOf("payments")]).toEqual([5, 5]);
    duo.isAway.payments = false;
    expect((await duo.run()).cause).toBeNull();
    expect(duo.state).toEqual(both(promoted));
    expectOrder(duo);
  });

  test("one that cannot go on, as its target is away, takes the other back and says so in the end", async () => {
    const duo = await Duo.withOld();
    const running = duo.run();
    await duo.reached("orders", 50);
    await duo.reached("payments", 50);
    const lost = new Refusal({ reasonCode: "deploy.target-lost", message: "Nobody answers." });
    duo.of("payments").afterLook = () => {
      throw lost;
    };
    await expect(running).rejects.toBe(lost);
    expect(duo.state[0]).toEqual({ service: "orders", ...back });
    expect(duo.shareOf("payments")).toBe(50);
    // What was begun of it is gone on with, and what was taken back begins anew; it need not be waited for from behind.
    duo.of("payments").afterLook = null;
    expect((await duo.run()).cause).toBeNull();
    expect(duo.state).toEqual(both(promoted));
  });

  test("one that is trusted already when the other fails leaves its old version there for the way back", async () => {
    const duo = await Duo.withOld();
    for (const service of names) duo.specs[service] = { keepOldForSeconds: minutes(60) };
    let first: Name | undefined;
    for (const service of names)
      duo.of(service).afterCall = () => {
        if (first !== undefined || duo.of(service).observe().stable !== "1.1.0") return;
        first = service;
        const other = names.find((name) => name !== service)!;
        duo.of(other).behave("1.1.0", { diesAfterSeconds: 1, reason: "out of memory" });
      };
    const { cause, services } = await duo.run();
    const [kept, lost] = services[0]?.name === first ? services : services.toReversed();
    expect(kept).toMatchObject({ name: first, status: "succeeded", reasonCode: "deploy.promoted" });
    expect(lost).toMatchObject({ status: "rolled_back", reasonCode: "deploy.crashed" });
    expect(cause).toBe(lost);
    expect(kept!.seconds).toBeLessThan(minutes(30));
    expect(duo.state.find(({ service }) => service === first)).toMatchObject({
      stable: "1.1.0",
      versions: ["1.0.0", "1.1.0"],
    });
  });
});

describe("a person and services that take their steps together", () => {
  test("who halts one halts the other at the end of its step", async () => {
    const duo = await Duo.withOld();
    const running = duo.run();
    await duo.reached("orders", 50);
    await duo.reached("payments", 50);
    duo.asks("orders", "halt");
    const ended = await running;
    expect(statuses(ended)).toEqual(["orders held deploy.held", "payments held deploy.held"]);
    expect(ended.cause?.name).toBe("orders");
    expect([duo.shareOf("orders"), duo.shareOf("payments")]).toEqual([50, 50]);
    expect((await duo.run()).cause).toBeNull();
    expectOrder(duo);
  });

  test("one that was halted goes back all the same when the other turns out bad", async () => {
    const duo = await Duo.withOld();
    const running = duo.run();
    await duo.reached("orders", 50);
    await duo.reached("payments", 50);
    duo.asks("orders", "halt");
    await duo.clock.sleep(10_000);
    expect(duo.shareOf("orders")).toBe(50);
    duo.of("payments").behave("1.1.0", { errorRatio: 0.5 });
    const ended = await running;
    expect(statuses(ended)).toEqual([
      "orders rolled_back deploy.partner-failed",
      "payments rolled_back deploy.rolled-back",
    ]);
    expect(duo.state).toEqual(both(back));
    expectOrder(duo);
  });

  test("who takes one back takes both back", async () => {
    const duo = await Duo.withOld();
    const running = duo.run();
    await duo.reached("orders", 50);
    await duo.reached("payments", 50);
    duo.asks("payments", "abort");
    const ended = await running;
    expect(statuses(ended)).toEqual([
      "orders rolled_back deploy.partner-failed",
      "payments rolled_back deploy.aborted",
    ]);
    expect(ended.services[0]?.message).toContain("ada asked for the old version back");
    expect(duo.state).toEqual(both(back));
    expectOrder(duo);
  });

  test("who promotes the step of one has to do it for the other too", async () => {
    const duo = await Duo.withOld();
    const manual = [
      { weight: 50, pauseSeconds: 0, isManual: true },
      { weight: 100, pauseSeconds: 0 },
    ];
    duo.specs.orders = { steps: manual };
    duo.specs.payments = { steps: manual };
    const running = duo.run();
    await duo.reached("orders", 50);
    duo.asks("orders", "promote");
    await duo.clock.sleep(1000 * minutes(30));
    expect(duo.shareOf("orders")).toBe(50);
    duo.asks("payments", "promote");
    expect((await running).cause).toBeNull();
    expectOrder(duo);
  });

  test("who has one leave out its steps takes it out of the group, and the other goes on", async () => {
    const duo = await Duo.withOld();
    const running = duo.run();
    await duo.reached("orders", 5);
    duo.asks("orders", "promote-full");
    const ended = await running;
    expect(ended.cause).toBeNull();
    expect(duo.state).toEqual(both(promoted));
    const [orders, payments] = ended.services;
    expect(orders!.seconds).toBeLessThan(payments!.seconds);
  });
});
