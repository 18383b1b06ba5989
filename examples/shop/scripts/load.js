// Sends the mix of load/orders.json to ORDERS_URL, a bounded number of requests, and fails when one of them does.
import { readFileSync } from "node:fs";

const REQUESTS = 1200;
const CONNECTIONS = 10;

const url = process.env.ORDERS_URL;
if (!url) {
  console.error("ORDERS_URL is not set: where is the service?");
  process.exit(2);
}
const mix = JSON.parse(readFileSync(new URL("../load/orders.json", import.meta.url), "utf8"));

let sent = 0;
let failed = 0;
const milliseconds = [];

async function connection() {
  while (sent < REQUESTS) {
    const { path, ...request } = mix[sent++ % mix.length];
    const started = performance.now();
    const response = await fetch(new URL(path, url), request).catch(() => undefined);
    await response?.arrayBuffer();
    milliseconds.push(performance.now() - started);
    if (!response?.ok) failed++;
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, connection));

milliseconds.sort((a, b) => a - b);
const p99 = milliseconds[Math.floor(milliseconds.length * 0.99)];
console.log(`${sent} requests, ${failed} failed, 99 % within ${p99.toFixed(1)} ms`);
process.exitCode = failed > 0 ? 1 : 0;
