/** Characters that decide about a line, counted from its start and over following lines. */
const length = 100;
const endOfFile = "\uffff";

/**
 * Hashes of lines as code scanning compares them over commits (`primaryLocationLineHash`): a polynomial over the
 * next 100 characters that are no spaces or tabs, in 64 bits, and a count that tells equal places apart.
 *
 * @param text content of the file
 * @param lines numbers of the lines that are wanted, from 1
 * @returns the hash of each wanted line that exists, as `<hex>:<occurrence>`
 */
export function lineHashes(text: string, lines: Iterable<number>): Map<number, string> {
  const wanted = new Set(lines);
  const normal = text.replace(/\r\n?/g, "\n").replace(/[ \t]/g, "") + endOfFile;
  const seen = new Map<string, number>();
  const hashes = new Map<number, string>();
  let start = 0;
  for (let line = 1; start < normal.length; line++) {
    const block = normal.slice(start, start + length).padEnd(length, "\0");
    const occurrence = (seen.get(block) ?? 0) + 1;
    seen.set(block, occurrence);
    if (wanted.has(line)) hashes.set(line, `${polynomial(block).toString(16)}:${occurrence}`);
    const end = normal.indexOf("\n", start);
    if (end === -1) break;
    start = end + 1;
  }
  return hashes;
}

function polynomial(block: string): bigint {
  let hash = 0n;
  for (let index = 0; index < block.length; index++) {
    hash = BigInt.asUintN(64, hash * 37n + BigInt(block.charCodeAt(index)));
  }
  return hash;
}
