import type { Identity } from "../parts.ts";
import { Refusal } from "../server/refusal.ts";

/** A call as it was asked for. */
export interface Wanted {
  readonly member: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly as: string | undefined;
  readonly token: string | undefined;
  readonly id: string | undefined;
}

/** Those who know a person. @throws Refusal where nobody does */
export function requirePerson(identity: Identity | undefined, person: string): Identity {
  if (identity?.people.some(({ id }) => id === person)) return identity;
  throw new Refusal(404, `there is nobody called ${JSON.stringify(person)} here to call as`);
}
