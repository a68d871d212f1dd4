import { randomUUID } from "node:crypto";
import { newTrace } from "@kerf/runtime";
import type { CallAnswer, MemberFacts } from "../api/index.ts";
import type { Application } from "../application.ts";
import type { Parts } from "../parts.ts";
import { Refusal } from "../server/refusal.ts";
import { readAnswer, readMessages } from "./http-answer.ts";
import { httpRequestOf } from "./http-request.ts";

export interface Wanted {
  readonly member: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly as: string | undefined;
  readonly token: string | undefined;
  readonly id: string | undefined;
}

/** Longer than a gateway lets a request take. */
const PATIENCE_MS = 30_000;

/** Calls a member by its route, as anybody would. @throws Refusal where that cannot be asked */
export async function callByHand(
  { application, gateway, identity }: Pick<Parts, "application" | "gateway" | "identity">,
  { member: id, input, as, token, id: given }: Wanted,
): Promise<CallAnswer> {
  const member = memberOf(await application(), id);
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

function memberOf({ services }: Application, id: string): MemberFacts & { readonly http: string } {
  const member = services.flatMap(({ members }) => members).find((one) => one.id === id);
  if (!member) throw new Refusal(404, `there is no member ${JSON.stringify(id)}`);
  if (member.kind === "event")
    throw new Refusal(400, `${id} is an event: it is published, and nobody is asked`);
  const { http } = member;
  if (http === null)
    throw new Refusal(
      400,
      `${id} has no route, so only services call it, in their own name. Call a member with a route that leads to it; ` +
        "in a test, the rig calls it directly.",
    );
  return { ...member, http };
}

async function tokenOf(identity: Parts["identity"], person: string): Promise<string> {
  if (!identity?.people.some(({ id }) => id === person))
    throw new Refusal(404, `there is nobody called ${JSON.stringify(person)} here to call as`);
  try {
    return await identity.token(person);
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
