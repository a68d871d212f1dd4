import { StatusError, type Actor } from "kerf";
import { deniedByIdentity } from "../access.ts";
import type { Exchange } from "../exchange.ts";
import type { GatewayOptions } from "../options.ts";
import type { PendingCalls } from "../pending.ts";
import { problemOfStatusError, type Problem } from "../problems/problem.ts";
import type { AnyRoute } from "../routes.ts";
import type { Refuse, Stage } from "../stage.ts";
import { credentialsOf } from "./credentials.ts";

/** Finds out who asks, and refuses whom the route does not admit before a byte of the body is read. */
export function identityStage(
  route: AnyRoute,
  identify: GatewayOptions["identify"],
  calls: PendingCalls,
  refuse: Refuse,
): Stage {
  const rule = route.member.access!;
  return (next) => {
    function admit(exchange: Exchange, actor: Actor | undefined): void {
      exchange.actor = actor;
      const found = deniedByIdentity(rule, actor);
      if (found === undefined) next(exchange);
      else refuse(exchange, found);
    }
    function fail(exchange: Exchange, error: unknown): void {
      refuse(exchange, notBelieved(StatusError.from(error)));
    }
    if (identify === undefined) return (exchange) => admit(exchange, undefined);
    return (exchange) => {
      const { headers, socket } = exchange.request;
      let found: ReturnType<typeof identify>;
      try {
        found = identify(credentialsOf(headers));
      } catch (error) {
        return fail(exchange, error);
      }
      // What is known at once is not waited for: neither a deadline nor a turn of the event loop.
      if (!(found instanceof Promise)) return admit(exchange, found);
      const asked = found;
      calls.run(
        socket,
        () => asked,
        (actor) => admit(exchange, actor),
        (error) => fail(exchange, error),
      );
    };
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
