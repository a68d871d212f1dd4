import type { AccessRule, Actor } from "kerf";
import { problem, type Problem } from "./problems/problem.ts";

/** What can be said of a request before its input is known: run before the body is read. */
export function refuseByIdentity(rule: AccessRule, actor: Actor | undefined): Problem | undefined {
  if (rule === "public" || typeof rule === "function") return undefined;
  if (actor === undefined) return unknownActor();
  if (rule === "user") return undefined;
  const role = rule.slice("role:".length);
  return actor.roles.includes(role)
    ? undefined
    : problem("forbidden", { detail: `This needs the role "${role}".` });
}

/** What an access function says, given the validated input. Whatever is not `true` denies. */
export function refuseByInput(
  rule: AccessRule,
  actor: Actor | undefined,
  input: unknown,
): Problem | undefined {
  if (typeof rule !== "function") return undefined;
  if (rule(input, { caller: { service: undefined }, actor, via: "gateway" }) === true) return undefined;
  return actor === undefined ? unknownActor() : problem("forbidden");
}

function unknownActor(): Problem {
  return problem("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
}
