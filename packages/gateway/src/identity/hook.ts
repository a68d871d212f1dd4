import type { FastifyReply, FastifyRequest } from "fastify";
import { StatusError, type Actor } from "kerf";
import { deniedByIdentity } from "../access.ts";
import type { GatewayOptions } from "../options.ts";
import type { PendingCalls } from "../pending.ts";
import { problemOfStatusError, type Problem } from "../problems/problem.ts";
import type { AnyRoute } from "../routes.ts";
import { credentialsOf } from "./credentials.ts";

/** Finds out who asks, and refuses whom the route does not admit before a byte of the body is read. */
export function identityHook(
  route: AnyRoute,
  identify: GatewayOptions["identify"],
  calls: PendingCalls,
  refuse: (request: FastifyRequest, reply: FastifyReply, found: Problem) => void,
): (request: FastifyRequest, reply: FastifyReply, done: () => void) => void {
  const rule = route.member.access!;
  return (request, reply, done) => {
    function admit(actor: Actor | undefined): void {
      request.actor = actor;
      const found = deniedByIdentity(rule, actor);
      if (found === undefined) done();
      else refuse(request, reply, found);
    }
    function fail(error: unknown): void {
      refuse(request, reply, notBelieved(StatusError.from(error)));
    }
    if (identify === undefined) return admit(undefined);
    let found: ReturnType<typeof identify>;
    try {
      found = identify(credentialsOf(request.headers));
    } catch (error) {
      return fail(error);
    }
    // What is known at once is not waited for: neither a deadline nor a turn of the event loop.
    if (!(found instanceof Promise)) return admit(found);
    calls.run(request.raw.socket, () => found, admit, fail);
  };
}

/** A credential was sent, and did not do: https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function notBelieved(error: StatusError): Problem {
  const found = problemOfStatusError(error);
  if (error.code !== "UNAUTHENTICATED") return found;
  const description = error.message.replaceAll('"', "'").replaceAll(/[^ !#-[\]-~]/g, "");
  const challenge = `Bearer error="invalid_token", error_description="${description}"`;
  return { ...found, headers: { ...found.headers, "www-authenticate": challenge } };
}
