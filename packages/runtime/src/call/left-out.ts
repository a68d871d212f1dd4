import type { Log } from "kerf";

/** One line for a part that fails with every request, and how often it did since. */
const everyMs = 10_000;

/** Counts the parts that answers had to do without, and tells of them without a line for each. */
export class LeftOut {
  /** Since the process started. */
  total = 0;
  readonly #told = new Map<string, { at: number; since: number }>();

  report(
    what: {
      readonly member: string;
      readonly part: string;
      readonly error: Error & { readonly code: string };
    },
    log: () => Log,
    now: number,
  ): void {
    const { member, part, error } = what;
    const name = `${member} ${part}`;
    this.total++;
    const told = this.#told.get(name);
    if (told && now - told.at < everyMs) {
      told.since++;
      return;
    }
    const times = 1 + (told?.since ?? 0);
    this.#told.set(name, { at: now, since: 0 });
    // What a handler threw by mistake is only told as INTERNAL.
    const err = error.cause ?? error;
    log().warn(
      { part, code: error.code, times, err },
      `${member} answers without its part "${part}": ${error.code}`,
    );
  }
}
