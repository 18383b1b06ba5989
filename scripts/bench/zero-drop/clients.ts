/**
 * The clients of the bench, as a process of their own, so that the deploying process does not slow them down.
 * They come at a fixed rate, whether earlier ones were served or not (up to a bound of each kind).
 */
import { now } from "../traffic/exchange.ts";
import { type Kind, kinds } from "./kinds.ts";
import { count, emptyTally } from "./tally.ts";

export type Order =
  | { type: "start"; port: number; rate: number }
  /** What is sent from now on belongs to this phase. */
  | { type: "phase"; phase: string }
  | { type: "report" }
  /** Sends nothing more, waits for what is under way, and reports. */
  | { type: "stop" };

const tally = emptyTally();
const under = new Set<Promise<void>>();
/** What has been called a phase, and since when; the newest first. */
const phases = [{ name: "begin", since: 0 }];
let timer: NodeJS.Timeout | undefined;

process.on("message", async (order: Order) => {
  if (order.type === "start") begin(order.port, order.rate);
  if (order.type === "phase") phases.unshift({ name: order.phase, since: now() });
  if (order.type === "stop") {
    clearInterval(timer);
    await Promise.all(under);
  }
  process.send!(tally);
  if (order.type === "stop") process.disconnect();
});
// Whoever started this process is gone; nobody would read what is measured.
process.on("disconnect", () => process.exit(0));

/** Some clients send several requests: each belongs to the phase in which it was sent. */
const phaseAt = (time: number) => phases.find(({ since }) => since <= time)!.name;

function begin(port: number, rate: number): void {
  const due = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
  const active = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
  let last = performance.now();
  timer = setInterval(() => {
    const passed = (performance.now() - last) / 1000;
    last += passed * 1000;
    for (const kind of kinds) {
      // What could not be sent for a second is not made up for: a burst would be another test.
      const perSecond = (kind.perThousand * rate) / 1000;
      let owed = Math.min(due.get(kind)! + passed * perSecond, Math.max(1, perSecond));
      for (; owed >= 1 && active.get(kind)! < kind.atOnce; owed--) act(kind, port, active);
      due.set(kind, owed);
    }
  }, 4);
}

function act(kind: Kind, port: number, active: Map<Kind, number>): void {
  active.set(kind, active.get(kind)! + 1);
  const one = kind.act(port).then((attempts) => {
    for (const attempt of attempts) count(tally, phaseAt(attempt.sentAt), kind.name, attempt);
    active.set(kind, active.get(kind)! - 1);
    under.delete(one);
  });
  under.add(one);
}
