import { refuseByIdentity, refuseByInput, type AccessRefusal, type InputRule } from "@kerf/runtime/authority";
import type { AccessRule, Actor } from "kerf";
import { problem, problemOfStatusError, type Problem } from "./problems/problem.ts";

/** What can be said of a request before its input is known: run before the body is read. */
export function deniedByIdentity(rule: AccessRule, actor: Actor | undefined): Problem | undefined {
  return denied(refuseByIdentity(rule, actor));
}

/** What an access function says, given the validated input. */
export function deniedByInput(
  rule: InputRule,
  actor: Actor | undefined,
  input: unknown,
): Problem | undefined {
  return denied(refuseByInput(rule, input, { caller: { service: undefined }, actor, via: "gateway" }));
}

function denied(refusal: AccessRefusal): Problem | undefined {
  if (refusal === undefined) return undefined;
  // No credential was sent, so none was wrong: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
  if (refusal.code === "UNAUTHENTICATED")
    return problem("unauthenticated", { headers: { "www-authenticate": "Bearer" } });
  return problemOfStatusError(refusal);
}
