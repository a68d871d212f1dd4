/** A promise that was not kept, by its number in docs/reliability.md. */
export interface Violation {
  readonly invariant: number;
  readonly what: string;
}

/** Collects what is wrong. */
export class Findings {
  readonly violations: Violation[] = [];

  expect(invariant: number, true_: boolean, what: string): void {
    if (!true_) this.violations.push({ invariant, what });
  }

  /** @throws never: two values that should be the same, compared as JSON */
  same(invariant: number, found: unknown, wanted: unknown, what: string): void {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) this.violations.push({ invariant, what: `${what}: ${cut(a)}, should be ${cut(b)}` });
  }
}

function cut(text: string | undefined): string {
  return text !== undefined && text.length > 300 ? `${text.slice(0, 300)}…` : String(text);
}
