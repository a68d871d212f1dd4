import { randomUUID } from "node:crypto";
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
import type { FastifyReply, FastifyRequest } from "fastify";
import { deniedByInput } from "./access.ts";
import { sender } from "./caching/send.ts";
import { parseIdempotencyKey } from "./idempotency.ts";
import { compileInput } from "./input/input.ts";
import type { GatewayOptions } from "./options.ts";
import type { PendingCalls } from "./pending.ts";
import { problem, problemOfDeclaredError, problemOfStatusError, type Problem } from "./problems/problem.ts";
import type { Respond } from "./respond.ts";
import type { Route } from "./routes.ts";

export interface MemberHandling {
  readonly invoke: GatewayOptions["invoke"];
  /** Where services are released. */
  readonly wishOf?: ((request: FastifyRequest) => string | undefined) | undefined;
  /** Whether a CDN stands in front that events purge. */
  readonly cdn?: boolean;
  readonly calls: PendingCalls;
  readonly respond: Respond;
  /** Of the input, where its contract sets no upper limit. */
  readonly bounds: Bounds;
  refuse(request: FastifyRequest, reply: FastifyReply, found: Problem): void;
}

/**
 * Makes the handler of one query or command: read the input, validate it, check access, invoke, answer. Who asks was
 * found out before (`request.actor`).
 */
export function memberHandler(
  route: Route,
  { invoke, wishOf, cdn = false, calls, respond, bounds, refuse }: MemberHandling,
): (request: FastifyRequest, reply: FastifyReply) => void {
  const { member } = route;
  const readInput = compileInput(route, readShape(member.input, `${member.id}.input`) as ObjectShape);
  const validate = compileValidator(member.input, { unknownFields: "reject", enums: "exact", bounds });
  const allowed = compileValidator(member.output, { unknownFields: "drop", enums: "open" });
  const problemOfError = compileProblems(member);
  const rule = member.access!;
  const send = sender(route, { respond, cdn, releases: wishOf !== undefined });

  return function handle(request, reply) {
    let id: string | undefined;
    if (member.kind === "command") {
      const named = nameCommand(request, reply);
      if (typeof named !== "string") return refuse(request, reply, named);
      id = named;
    }
    const { input, violations } = readInput(request.params as never, request.query as never, request.body);
    const checked = validate(input);
    if (!checked.ok || violations.length > 0) {
      return refuse(request, reply, invalidInput(violations, checked.ok ? [] : checked.violations));
    }
    if (typeof rule === "function") {
      const denied = deniedByInput(rule, request.actor, checked.value);
      if (denied !== undefined) return refuse(request, reply, denied);
    }
    const { actor, id: traceparent } = request;
    const asked = checked.value;
    function answer(output: unknown): void {
      const reduced = allowed(output);
      if (reduced.ok) send(request, reply, JSON.stringify(reduced.value), asked, output);
      else fail(new Error(`${member.id} answered with what is not its output`, { cause: reduced }));
    }
    function fail(error: unknown): void {
      refuse(request, reply, problemOfError(error));
    }
    calls.run(
      request.raw.socket,
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
function nameCommand(request: FastifyRequest, reply: FastifyReply): string | Problem {
  const given = request.headers["idempotency-key"];
  if (given === undefined) {
    const id = randomUUID();
    reply.header("idempotency-key", id);
    return id;
  }
  const id = parseIdempotencyKey(given as string);
  if (id === undefined) {
    return problem("malformed-request", {
      detail: "The Idempotency-Key is not 1 to 255 visible ASCII characters.",
    });
  }
  reply.header("idempotency-key", given);
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
