import { DeclarationError } from "./refuse.ts";

/** The refusal that a wrong declaration ends in. @throws where it is accepted, or fails in another way */
export function refusal(declare: () => unknown): DeclarationError {
  try {
    declare();
  } catch (error) {
    if (error instanceof DeclarationError) return error;
    throw error;
  }
  throw new Error("was not refused");
}
