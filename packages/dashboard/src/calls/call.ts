import { randomUUID } from "node:crypto";
import { newTrace } from "@kerf/runtime";
import type { CallAnswer, MemberFacts } from "../api/index.ts";
import type { Application } from "../application.ts";
import type { Parts } from "../parts.ts";
import { Refusal } from "../server/refusal.ts";
import { readAnswer, readMessages } from "./http-answer.ts";
import { httpRequestOf } from "./http-request.ts";
import { callPastGateway } from "./past-gateway.ts";
import { requirePerson, type Wanted } from "./wanted.ts";

type Reached = Pick<Parts, "application" | "gateway" | "identity" | "callPastGateway">;
type Routed = MemberFacts & { readonly http: string };

/** Longer than a gateway lets a request take. */
const PATIENCE_MS = 30_000;

/** Calls a member: by its route, as anybody would, or past the gateway where it has none. @throws Refusal where that cannot be asked */
export async function callByHand(parts: Reached, wanted: Wanted): Promise<CallAnswer> {
  const member = memberOf(await parts.application(), wanted.member);
  return isRouted(member) ? callByRoute(parts, member, wanted) : callPastGateway(parts, member, wanted);
}

function memberOf({ services }: Application, id: string): MemberFacts {
  const member = services.flatMap(({ members }) => members).find((one) => one.id === id);
  if (!member) throw new Refusal(404, `there is no member ${JSON.stringify(id)}`);
  if (member.kind === "event")
    throw new Refusal(400, `${id} is an event: it is published, and nobody is asked`);
  return member;
}

function isRouted(member: MemberFacts): member is Routed {
  return member.http !== null;
}

async function callByRoute(
  { gateway, identity }: Reached,
  member: Routed,
  { input, as, token, id: given }: Wanted,
): Promise<CallAnswer> {
  const url = gateway();
  if (url === undefined) throw new Refusal(503, "there is no gateway yet: calls go through it");
  const asked = httpRequestOf(url, member, input);
  const bearer = token ?? (as === undefined ? undefined : await tokenOf(identity, as));
  const key = member.kind === "command" ? (given ?? randomUUID()) : undefined;
  const since = performance.now();
  const response = await send(asked, {
    // Not taken over; who sends one is told which trace it got.
    traceparent: newTrace(),
    accept: member.kind === "stream" ? "text/event-stream, application/problem+json" : "application/json",
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...(asked.body === undefined ? {} : { "content-type": "application/json" }),
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const said = isStream
    ? { body: null, ...(await readMessages(response)) }
    : await readAnswer(response).catch(() => {
        throw new Refusal(502, "the gateway's answer was cut off");
      });
  return {
    request: `${asked.method} ${asked.url}`,
    status: response.status,
    headers: Object.fromEntries(response.headers),
    ...said,
    traceId: traceIdIn(response.headers.get("traceparent")),
    id: key ?? null,
    milliseconds: performance.now() - since,
  };
}

async function tokenOf(identity: Parts["identity"], person: string): Promise<string> {
  const known = requirePerson(identity, person);
  try {
    return await known.token(person);
  } catch (error) {
    throw new Refusal(503, `there is no token for ${person}: ${(error as Error).message}`);
  }
}

async function send(
  { method, url, body }: ReturnType<typeof httpRequestOf>,
  headers: Record<string, string>,
): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    const { name, message, cause } = error as Error;
    if (name === "TimeoutError")
      throw new Refusal(504, `the gateway has not answered within ${PATIENCE_MS / 1_000} s`);
    throw new Refusal(
      502,
      `the gateway does not answer: ${(cause as Error | undefined)?.message || message}`,
    );
  }
}

function traceIdIn(traceparent: string | null): string | null {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1] ?? null;
}
