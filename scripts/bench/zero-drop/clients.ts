/** The clients of the bench. They come at a fixed rate, whether earlier ones were served or not, up to a bound of each kind. */
import { obey } from "../traffic/clients-process.ts";
import { now } from "../traffic/exchange.ts";
import { count, emptyTally } from "../traffic/tally.ts";
import { type Kind, kinds } from "./kinds.ts";

export interface Start {
  port: number;
  /** Requests per second, as far as the machine can. */
  rate: number;
}

const tally = emptyTally();
const under = new Set<Promise<void>>();
const active = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
/** What has been called a phase, and since when; the newest first. */
const phases = [{ name: "begin", since: 0 }];
let timer: NodeJS.Timeout | undefined;

obey<Start>({
  tally,
  start({ port, rate }) {
    const due = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
    let last = performance.now();
    timer = setInterval(() => {
      const passed = (performance.now() - last) / 1000;
      last += passed * 1000;
      for (const kind of kinds) {
        // What could not be sent for a second is not made up for: a burst would be another test.
        const perSecond = (kind.perThousand * rate) / 1000;
        let owed = Math.min(due.get(kind)! + passed * perSecond, Math.max(1, perSecond));
        for (; owed >= 1 && active.get(kind)! < kind.atOnce; owed--) act(kind, port);
        due.set(kind, owed);
      }
    }, 4);
  },
  phase: (name) => void phases.unshift({ name, since: now() }),
  async settle() {
    await Promise.all(under);
  },
  async stop() {
    clearInterval(timer);
    await Promise.all(under);
  },
});

/** Some clients send several requests: each belongs to the phase in which it was sent. */
const phaseAt = (time: number) => phases.find(({ since }) => since <= time)!.name;

function act(kind: Kind, port: number): void {
  active.set(kind, active.get(kind)! + 1);
  const one = kind.act(port).then((attempts) => {
    for (const attempt of attempts) count(tally, phaseAt(attempt.sentAt), kind.name, attempt);
    active.set(kind, active.get(kind)! - 1);
    under.delete(one);
  });
  under.add(one);
}
