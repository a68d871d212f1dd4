/** A token bucket: `burst` at once, `perSecond` more each second. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /** Spends one; false when nothing is left. Reads the clock only then. */
  spend(): boolean {
    if (this.#left >= 1) {
      this.#left--;
      return true;
    }
    const now = performance.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** Useful work was done, which explains some of what is counted here. */
  earn(count: number): void {
    if (this.#left < this.#burst) this.#left += count;
  }
}
