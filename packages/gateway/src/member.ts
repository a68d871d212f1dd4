import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import {
  compileValidator,
  readShape,
  type Bounds,
  type ObjectShape,
  type Validator,
} from "@kerf/runtime/validate";
import {
  DeclaredError,
  StatusError,
  type AnyCommand,
  type AnyQuery,
  type AnyStream,
  type Violation,
} from "kerf";
import { deniedByInput } from "./access.ts";
import { sender } from "./caching/send.ts";
import { parseIdempotencyKey } from "./idempotency.ts";
import type { Exchange } from "./exchange.ts";
import { compileInput } from "./input/input.ts";
import type { GatewayOptions } from "./options.ts";
import type { PendingCalls } from "./pending.ts";
import { problem, problemOfDeclaredError, problemOfStatusError, type Problem } from "./problems/problem.ts";
import type { Respond } from "./respond.ts";
import type { Route } from "./routes.ts";
import type { Refuse, Step } from "./stage.ts";

export interface MemberHandling {
  readonly invoke: GatewayOptions["invoke"];
  /** Where services are released. */
  readonly wishOf?: ((request: IncomingMessage) => string | undefined) | undefined;
  /** Whether a CDN stands in front that events purge. */
  readonly cdn?: boolean;
  readonly calls: PendingCalls;
  readonly respond: Respond;
  /** Of the input, where its contract sets no upper limit. */
  readonly bounds: Bounds;
  readonly refuse: Refuse;
}

/**
 * Makes the last step of one query or command: put the input together, validate it, check access, invoke, answer. Who asks
 * was found out, and the body read, before.
 */
export function memberStep(
  route: Route,
  { invoke, wishOf, cdn = false, calls, respond, bounds, refuse }: MemberHandling,
): Step {
  const { member } = route;
  const readInput = compileInput(route, readShape(member.input, `${member.id}.input`) as ObjectShape);
  const validate = compileValidator(member.input, { unknownFields: "reject", enums: "exact", bounds });
  const allowed = compileValidator(member.output, { unknownFields: "drop", enums: "open" });
  const problemOfError = compileProblems(member);
  const rule = member.access!;
  const send = sender(route, { respond, cdn, releases: wishOf !== undefined });

  return function handle(exchange) {
    const { request, actor, traceparent } = exchange;
    let id: string | undefined;
    if (member.kind === "command") {
      const named = nameCommand(exchange);
      if (typeof named !== "string") return refuse(exchange, named);
      id = named;
    }
    const { input, violations } = readInput(exchange.parameters, exchange.query, exchange.body);
    const checked = validate(input);
    if (!checked.ok || violations.length > 0) {
      return refuse(exchange, invalidInput(violations, checked.ok ? [] : checked.violations));
    }
    if (typeof rule === "function") {
      const denied = deniedByInput(rule, actor, checked.value);
      if (denied !== undefined) return refuse(exchange, denied);
    }
    const asked = checked.value;
    function answer(output: unknown): void {
      const reduced = allowed(output);
      if (reduced.ok) send(exchange, JSON.stringify(reduced.value), asked, output);
      else fail(new Error(`${member.id} answered with what is not its output`, { cause: reduced }));
    }
    function fail(error: unknown): void {
      refuse(exchange, problemOfError(error));
    }
    calls.run(
      request.socket,
      ({ deadlineAt, signal }) =>
        invoke({ member, input, id, deadlineAt, actor, traceparent, signal, wish: wishOf?.(request) }),
      answer,
      fail,
    );
  };
}

/** What is wrong with the way a field is given comes before what is wrong with its value. */
export function invalidInput(given: readonly Violation[], found: readonly Violation[]): Problem {
  const known = new Set(given.map((each) => each.path));
  return problem("invalid-input", { errors: [...given, ...found.filter((each) => !known.has(each.path))] });
}

/** The id of a command: the client's, or a new one. It goes back with the answer, whatever that is. */
function nameCommand({ request, headers }: Exchange): string | Problem {
  const given = request.headers["idempotency-key"];
  if (given === undefined) {
    const id = randomUUID();
    headers.push("idempotency-key", id);
    return id;
  }
  const id = parseIdempotencyKey(given as string);
  if (id === undefined) {
    return problem("malformed-request", {
      detail: "The Idempotency-Key is not 1 to 255 visible ASCII characters.",
    });
  }
  headers.push("idempotency-key", given as string);
  return id;
}

/** Makes the function that turns what `invoke` threw into a problem. Only what the member declares is shown. */
export function compileProblems(member: AnyQuery | AnyCommand | AnyStream): (error: unknown) => Problem {
  const allowed = new Map<string, Validator>();
  for (const [code, schema] of Object.entries(member.errors)) {
    allowed.set(code, compileValidator(schema, { unknownFields: "drop", enums: "open" }));
  }
  return (error) => {
    if (error instanceof DeclaredError && error.member === member.id) {
      const data = allowed.get(error.code)?.(error.data);
      if (data?.ok) return problemOfDeclaredError(error, data.value);
    }
    return problemOfStatusError(StatusError.from(error));
  };
}
