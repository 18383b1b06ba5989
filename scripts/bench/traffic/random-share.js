/** Numbers from 0 to 1 that only depend on `n` and the seed: one step of the generator mulberry32, as a hash. */
export const randomShare = (seed) => (n) => {
  let t = (seed * 0x9e3779b9 + n * 0x6d2b79f5) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
