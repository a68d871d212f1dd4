/**
 * A declaration that cannot be run. Thrown while declaring or at start-up, never later.
 * `place` is where, `problem` what, `mend` what to do about it.
 */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
  readonly place: string;
  readonly problem: string;
  readonly mend: string;

  constructor(place: string, problem: string, mend: string) {
    super(`${place}: ${problem}. ${mend[0]?.toUpperCase()}${mend.slice(1)}.`);
    this.place = place;
    this.problem = problem;
    this.mend = mend;
  }
}

export function refuse(place: string, problem: string, mend: string): never {
  throw new DeclarationError(place, problem, mend);
}
