import { parseDuration, parseLatency, parsePercent } from "@sluice/config";
import { Refusal } from "@sluice/documents";

/** A step of a canary as the command line writes it. */
export interface Step {
  weight: number;
  pauseSeconds: number;
}

const invalid = (option: string, found: string, remedy: string): Refusal =>
  new Refusal({
    reasonCode: "config.input-invalid",
    message: `\`${option}\` is \`${found}\`.`,
    remedy,
  });

const secondsIn = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 } as const;

/** Requests per second of `100/s`, `6000/m`, `1.5/h`. @throws Refusal `config.input-invalid` */
export function readRate(text: string): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(s|m|min|h|d)\s*$/.exec(text) ?? [];
  const rate = amount === undefined ? 0 : Number(amount) / secondsIn[unit as keyof typeof secondsIn];
  if (rate > 0 && Number.isFinite(rate)) return rate;
  throw invalid("--rate", text, "Write requests with their time, such as `100/s`, `6000/m` or `50000/h`.");
}

/** A share, 0 to 1, of `0.1%`. @throws Refusal `config.input-invalid` */
export function readErrorRatio(text: string): number {
  const percent = parsePercent(text);
  if (percent !== null && percent > 0 && percent < 100) return percent / 100;
  throw invalid(
    "--error-ratio",
    text,
    percent === 0
      ? "A version that never fails has no ratio to compare with; write what is too little to notice, such as `0.001%`."
      : "Write a percentage between 0 and 100 with its sign, such as `0.1%`.",
  );
}

/** A number of responses. @throws Refusal `config.input-invalid` */
export function readCount(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw invalid("--exposure", text, "Write a number of failed responses of 1 or more.");
}

/** Latencies of `p50=120ms,p99=400ms`. @throws Refusal `config.input-invalid` */
export function readLatency(text: string): { p50Seconds: number; p99Seconds: number } {
  const parts = new Map(
    text.split(",").map((part) => {
      const [name = "", value = ""] = part.split("=");
      return [name.trim(), parseLatency(value.trim())] as const;
    }),
  );
  const [p50, p99] = [parts.get("p50"), parts.get("p99")];
  if (parts.size === 2 && p50 && p99 && p99 > p50) return { p50Seconds: p50 / 1000, p99Seconds: p99 / 1000 };
  throw invalid(
    "--latency",
    text,
    "Write the median and the 99th percentile, the second above the first, such as `p50=120ms,p99=400ms`.",
  );
}

/** Steps of `5:10m,25:10m,50:15m`; the last one with all of the traffic may be left out. @throws Refusal `config.input-invalid` */
export function readSteps(text: string): Step[] {
  const refuse = (remedy: string): Refusal => invalid("--steps", text, remedy);
  const example = "Write weights in percent and their pauses, such as `5:10m,25:10m,50:15m`.";
  const steps = text.split(",").map((part): Step => {
    const [, weight, pause] = /^\s*(\d+(?:\.\d+)?)%?\s*(?::\s*(\S+))?\s*$/.exec(part) ?? [];
    const pauseSeconds = pause === undefined ? 0 : parseDuration(pause);
    if (weight === undefined || pauseSeconds === null)
      throw refuse(`${example} Not understood: \`${part}\`.`);
    return { weight: Number(weight), pauseSeconds };
  });
  for (const [index, { weight, pauseSeconds }] of steps.entries()) {
    if (weight <= 0 || weight > 100) throw refuse(`A weight is above 0 and at most 100; there is ${weight}.`);
    const before = steps[index - 1];
    if (before && weight <= before.weight)
      throw refuse(`Weights rise from step to step; ${weight} comes after ${before.weight}.`);
    if (weight < 100 && pauseSeconds === 0)
      throw refuse(`The step to ${weight} has no pause; write for example \`${weight}:10m\`.`);
  }
  return steps.at(-1)!.weight === 100 ? steps : [...steps, { weight: 100, pauseSeconds: 0 }];
}
