/** Exact draws from the distributions that traffic is made of. */

import type { Random } from "./random.ts";
import { lnGamma } from "./reference/gamma.ts";

const lnFactorial = (n: number): number => (n < table.length ? table[n]! : lnGamma(n + 1));
const table = new Float64Array(1024);
for (let n = 2; n < table.length; n++) table[n] = table[n - 1]! + Math.log(n);

/** Number of events of a Poisson process with `mean` expected ones: inversion, or PTRS (Hörmann 1993) from 10 on. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean < 10) {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const invAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  const lnMean = Math.log(mean);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * invAlpha) / (a / (us * us) + b)) <= k * lnMean - mean - lnFactorial(k)) return k;
  }
}

/** Successes among `n` independent trials with chance `p`: inversion, or BTRS (Hörmann 1993) from 10 expected ones on. */
export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  return n * p < 10 ? byInversion(random, n, p) : byRejection(random, n, p);
}

function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  const none = Math.exp(n * Math.log1p(-p));
  for (;;) {
    let u = random.uniform();
    let term = none;
    for (let k = 0; k <= n; k++) {
      if (u <= term) return k;
      u -= term;
      term *= (odds * (n - k)) / (k + 1);
    }
    // Only rounding gets here.
  }
}

function byRejection(random: Random, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const center = n * p + 0.5;
  const vr = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const lnOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const atMode = lnFactorial(mode) + lnFactorial(n - mode);
  for (;;) {
    const u = random.uniform() - 0.5;
    let v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + center);
    if (k < 0 || k > n) continue;
    if (us >= 0.07 && v <= vr) return k;
    v = Math.log((v * alpha) / (a / (us * us) + b));
    if (v <= atMode - lnFactorial(k) - lnFactorial(n - k) + (k - mode) * lnOdds) return k;
  }
}

/** A standard normal number (polar method of Marsaglia). */
export function normal(random: Random): number {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/** A gamma number with mean 1 and the given coefficient of variation (Marsaglia & Tsang 2000). */
export function gammaAroundOne(random: Random, variation: number): number {
  if (variation === 0) return 1;
  const shape = 1 / (variation * variation);
  return gamma(random, shape) / shape;
}

function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
