const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (ISO 3309, the one of zip and gzip) of an ASCII text. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    crc = (crc >>> 8) ^ table[(crc ^ text.charCodeAt(index)) & 0xff]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A number in base 62 (0–9, A–Z, a–z), padded with zeros on the left. */
export function base62(value: number, length: number): string {
  let text = "";
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = digits[rest % 62] + text;
  return text.padStart(length, "0");
}

/**
 * Whether the last six characters of a token are the CRC-32 of the ones before, in base 62:
 * the format that GitHub published in 2021 and npm took over.
 *
 * @param body the token without its prefix
 */
export function hasCrcSuffix(body: string): boolean {
  return base62(crc32(body.slice(0, -6)), 6) === body.slice(-6);
}

/** Appends the checksum that `hasCrcSuffix` asks for; examples and tests make their tokens with it. */
export const withCrcSuffix = (body: string): string => body + base62(crc32(body), 6);
