/** A replay cannot begin, or cannot go on. The live service is as it was; what is built so far is kept. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";

  constructor(problem: string, mend: string, options?: ErrorOptions) {
    super(`${problem}. ${mend[0]!.toUpperCase()}${mend.slice(1)}.`, options);
  }
}
