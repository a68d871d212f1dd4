import { nearest } from "kerf";

/** The command line asks for something that does not exist. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something cannot be done, for a reason that the message gives with its remedy. Ends with exit code 1. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/**
 * Says that there is no `what` called `word`, with the nearest that exists, and all of them.
 * `refuseWord("topology", "splt", ["monolith", "split"])`.
 */
export function refuseWord(what: string, word: string, known: readonly string[]): never {
  const close = nearest(word, known);
  throw new UsageError(
    `There is no ${what} "${word}".${close ? ` Did you mean "${close}"?` : ""} ` +
      (known.length > 0
        ? `There ${known.length > 1 ? "are" : "is"}: ${known.join(", ")}.`
        : "There are none."),
  );
}
