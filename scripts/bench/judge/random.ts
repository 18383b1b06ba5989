/**
 * Random numbers with a seed, the same on every machine: xoshiro128** (Blackman & Vigna 2021) with a state that
 * SplitMix32 (Steele, Lea & Flood 2014) makes from the seed. Integer arithmetic only, so nothing is rounded.
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param words numbers that name the stream, such as seed, cell and run; each is taken as 32 bits */
  constructor(...words: number[]) {
    let mixed = 0x2545f491;
    for (const word of words) mixed = splitMix((mixed ^ word) | 0);
    this.#state = new Uint32Array(4);
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) | 0;
      this.#state[i] = splitMix(mixed);
    }
  }

  /** A stream that begins in a given state, to compare it with published ones. */
  static inState(...state: [number, number, number, number]): Random {
    const random = new Random();
    random.#state.set(state);
    return random;
  }

  /** 32 random bits as a number from 0 to 2^32 - 1. */
  bits(): number {
    const s = this.#state;
    const five = Math.imul(s[1]!, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform on the open interval (0, 1), with 32 bits. */
  uniform(): number {
    return (this.bits() + 0.5) / 2 ** 32;
  }
}

function splitMix(state: number): number {
  let z = state ^ (state >>> 16);
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return z ^ (z >>> 15);
}

/** A number of 32 bits that names a text (FNV-1a), so that a cell has the same stream wherever it stands in the list. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
