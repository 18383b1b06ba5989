/** ln of the gamma function for x > 0: Stirling's series after shifting the argument up (Abramowitz & Stegun 6.1.41). */
export function lnGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 15) {
    shift += Math.log(z);
    z++;
  }
  const inverse = 1 / z;
  const square = inverse * inverse;
  return (
    (z - 0.5) * Math.log(z) -
    z +
    0.5 * Math.log(2 * Math.PI) +
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) -
    shift
  );
}

/** ln of the multivariate beta function, the normalizing constant of a Dirichlet distribution. */
export function lnBeta(...parameters: number[]): number {
  let total = 0;
  let sum = 0;
  for (const each of parameters) {
    total += each;
    sum += lnGamma(each);
  }
  return sum - lnGamma(total);
}

/** Standard normal distribution function (Abramowitz & Stegun 26.2.17 is too coarse; this is Hart 1968 as given by West 2005). */
export function normalCdf(z: number): number {
  const x = Math.abs(z);
  let tail = 0;
  if (x <= 37) {
    const e = Math.exp((-x * x) / 2);
    if (x < 7.07106781186547) {
      let top = 3.52624965998911e-2 * x + 0.700383064443688;
      for (const c of [
        6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376,
      ])
        top = top * x + c;
      let bottom = 8.83883476483184e-2 * x + 1.75566716318264;
      for (const c of [
        16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948,
        440.413735824752,
      ])
        bottom = bottom * x + c;
      tail = (e * top) / bottom;
    } else {
      const fraction = x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))));
      tail = e / fraction / 2.506628274631;
    }
  }
  return z > 0 ? 1 - tail : tail;
}
