import { StatusError, type AccessRule, type Actor, type Claims } from "kerf";

/** What an access rule says no with. Undefined: it has nothing against it. */
export type AccessRefusal = StatusError | undefined;

/** An access rule that has to see the input. */
export type InputRule = Extract<AccessRule, (...given: never) => unknown>;

/**
 * What a rule says of a person from outside before the input is known. The edge asks it before it reads a body, and the
 * service again, in every topology.
 */
export function refuseByIdentity(rule: AccessRule, actor: Actor | undefined): AccessRefusal {
  if (rule === "public" || typeof rule === "function") return undefined;
  if (actor === undefined) return unknownActor();
  if (rule === "user") return undefined;
  const role = rule.slice("role:".length);
  return actor.roles.includes(role)
    ? undefined
    : new StatusError("PERMISSION_DENIED", `This needs the role "${role}".`);
}

/**
 * What a member says of a person who calls it by hand, past the gateway, before its input is known. One without a rule is
 * open to services whoever they call for, and so to a hand; where there is a rule it holds as at the edge, although a
 * service would not be asked.
 */
export function refuseByHand(rule: AccessRule | undefined, actor: Actor | undefined): AccessRefusal {
  return rule === undefined ? undefined : refuseByIdentity(rule, actor);
}

/**
 * What an access function says, given the validated input: of people from outside, and of services that call. Whatever
 * is not `true` denies, and so does what it throws.
 */
export function refuseByInput(rule: InputRule, input: unknown, claims: Claims): AccessRefusal {
  try {
    if (rule(input, claims) === true) return undefined;
  } catch (error) {
    return StatusError.from(error);
  }
  if (claims.actor === undefined && claims.caller.service === undefined) return unknownActor();
  return new StatusError("PERMISSION_DENIED", "Who asks is known, but may not do this.");
}

function unknownActor(): StatusError {
  return new StatusError(
    "UNAUTHENTICATED",
    "This needs to know who asks. Send a valid credential in the Authorization header.",
  );
}
