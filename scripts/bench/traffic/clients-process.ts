import { fork } from "node:child_process";
import { once } from "node:events";
import type { Tally } from "./tally.ts";

/** What a process of clients is asked; each order is answered with what happened so far. */
export type Order<Start> =
  | { type: "start"; start: Start }
  /** What is sent from now on belongs to this phase. */
  | { type: "phase"; phase: string }
  /** Waits for what is under way, and goes on sending. */
  | { type: "settle" }
  | { type: "report" }
  /** Sends nothing more and waits for what is under way. */
  | { type: "stop" };

export interface Clients {
  report(): Promise<Tally>;
  phase(name: string): Promise<Tally>;
  settle(): Promise<Tally>;
  stop(): Promise<Tally>;
  /** Ends them at once, should they still be there. */
  end(): void;
}

/** Starts clients as a process of their own, so that the deploying process does not slow them down. */
export async function startClients<Start>(program: string, start: Start): Promise<Clients> {
  const child = fork(program, { execArgv: ["--disable-warning=ExperimentalWarning"] });
  const gone = once(child, "exit").then((): never => {
    throw new Error("the clients ended before their time");
  });
  gone.catch(() => {});
  const exchange = async (order: Order<Start>): Promise<Tally> => {
    const answered = once(child, "message") as Promise<[Tally]>;
    child.send(order);
    const [tally] = await Promise.race([answered, gone]);
    return tally;
  };
  // One order after the other: answers have no number.
  let last: Promise<unknown> = Promise.resolve();
  const send = (order: Order<Start>): Promise<Tally> => {
    const answer = last.then(() => exchange(order));
    last = answer.catch(() => {});
    return answer;
  };
  await send({ type: "start", start });
  return {
    report: () => send({ type: "report" }),
    phase: (phase) => send({ type: "phase", phase }),
    settle: () => send({ type: "settle" }),
    stop: () => send({ type: "stop" }),
    end: () => void child.kill(),
  };
}

/** The other side: obeys the orders of the process that started this one, and ends with it. */
export function obey<Start>(clients: {
  tally: Tally;
  start(start: Start): void;
  phase?(name: string): void;
  settle?(): Promise<void>;
  stop(): Promise<void>;
}): void {
  process.on("message", async (order: Order<Start>) => {
    if (order.type === "start") clients.start(order.start);
    if (order.type === "phase") clients.phase?.(order.phase);
    if (order.type === "settle") await clients.settle?.();
    if (order.type === "stop") await clients.stop();
    process.send!(clients.tally);
    if (order.type === "stop") process.disconnect();
  });
  // Whoever started this process is gone; nobody would read what is measured.
  process.on("disconnect", () => process.exit(0));
}
