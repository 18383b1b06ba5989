import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Order } from "./clients.ts";
import type { Tally } from "./tally.ts";

export interface Load {
  /** What happened so far. */
  report(): Promise<Tally>;
  phase(name: string): Promise<Tally>;
  /** Sends nothing more and waits for what is under way. */
  stop(): Promise<Tally>;
}

/** Starts the clients. @param rate requests per second, as far as the machine can */
export async function startLoad(port: number, rate: number): Promise<Load> {
  const child = fork(join(import.meta.dirname, "clients.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const gone = once(child, "exit").then((): never => {
    throw new Error("the clients ended before their time");
  });
  gone.catch(() => {});
  const send = async (order: Order): Promise<Tally> => {
    const answered = once(child, "message") as Promise<[Tally]>;
    child.send(order);
    const [tally] = await Promise.race([answered, gone]);
    return tally;
  };
  await send({ type: "start", port, rate });
  return {
    report: () => send({ type: "report" }),
    phase: (phase) => send({ type: "phase", phase }),
    stop: () => send({ type: "stop" }),
  };
}
