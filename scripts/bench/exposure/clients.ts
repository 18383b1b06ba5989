/** Customers of several services at once: each gets the same constant rate, whether it answers or not. */
import { Agent } from "node:http";
import { obey } from "../traffic/clients-process.ts";
import { ask } from "../traffic/exchange.ts";
import { count, emptyTally } from "../traffic/tally.ts";

export interface Start {
  services: { name: string; port: number }[];
  /** Requests per second to each. */
  rate: number;
}

const tally = emptyTally();
const under = new Set<Promise<void>>();
const timers: NodeJS.Timeout[] = [];

obey<Start>({
  tally,
  start({ services, rate }) {
    for (const { name, port } of services) {
      const agent = new Agent({ keepAlive: true, maxSockets: 32 });
      const began = performance.now();
      let sent = 0;
      const send = () => {
        const due = Math.floor(((performance.now() - began) / 1000) * rate);
        for (; sent < due; sent++) {
          const one = ask({ port, path: "/products", agent }).then((attempt) => {
            count(tally, name, "GET", attempt);
            under.delete(one);
          });
          under.add(one);
        }
      };
      timers.push(setInterval(send, 5));
    }
  },
  async stop() {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(under);
  },
});
