import { StringDecoder } from "node:string_decoder";

const longestLine = 64 * 1024;

/** Collects one output stream: the last `limit` characters of it, and each line as it comes. */
export class Capture {
  #kept: string[] = [];
  #keptLength = 0;
  #line = "";
  #decoder = new StringDecoder("utf8");
  readonly #limit: number;
  readonly #onLine: ((line: string) => void) | undefined;
  /** Whether the beginning was dropped, because there was more than `limit`. */
  isTruncated = false;

  constructor(limit: number, onLine?: (line: string) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    this.#add(this.#decoder.write(chunk));
  }

  /** No more will come: an unfinished last line is a line too. */
  end(): void {
    this.#add(this.#decoder.end());
    if (this.#line !== "") this.#emit(this.#line);
    this.#line = "";
  }

  get text(): string {
    const all = this.#kept.join("");
    return all.length > this.#limit ? all.slice(all.length - this.#limit) : all;
  }

  #add(text: string): void {
    if (text === "") return;
    this.#kept.push(text);
    this.#keptLength += text.length;
    if (this.#keptLength > this.#limit) this.isTruncated = true;
    while (this.#kept.length > 1 && this.#keptLength - this.#kept[0]!.length >= this.#limit) {
      this.#keptLength -= this.#kept.shift()!.length;
    }
    if (!this.#onLine) return;
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop()!;
    for (const line of lines) this.#emit(line);
    // A program that never ends its line must not fill the memory.
    while (this.#line.length > longestLine) {
      this.#emit(this.#line.slice(0, longestLine));
      this.#line = this.#line.slice(longestLine);
    }
  }

  #emit(line: string): void {
    this.#onLine?.(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
