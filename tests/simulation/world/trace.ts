import { hashText } from "./random.ts";

/** How many lines are kept to be shown. */
const kept = 400;

/** What happened, in order: a hash over all of it, and the last lines. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #started: number;
  readonly #now: () => number;
  #hash = 0x811c9dc5;

  constructor(now: () => number) {
    this.#now = now;
    this.#started = now();
  }

  add(line: string): void {
    const text = `${(this.#now() - this.#started).toFixed(1).padStart(9)} ${line}`;
    this.#hash = hashText(text, this.#hash);
    this.#lines.push(text);
    if (this.#lines.length > 2 * kept) this.#lines.splice(0, kept);
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  tail(lines: number): readonly string[] {
    return lines > 0 ? this.#lines.slice(-lines) : [];
  }
}
