import { randomUUID } from "node:crypto";
import type { CallAnswer, MemberFacts } from "../api/index.ts";
import type { PastGatewayAnswer, Parts } from "../parts.ts";
import { Refusal } from "../server/refusal.ts";
import { MOST_BYTES } from "./http-answer.ts";
import { requirePerson, type Wanted } from "./wanted.ts";

/** Has a member called that has no route, by whoever runs the units. @throws Refusal where that cannot be asked */
export async function callPastGateway(
  { identity, callPastGateway: ask }: Pick<Parts, "identity" | "callPastGateway">,
  { id: name, kind }: MemberFacts,
  { input, as, token, id: given }: Wanted,
): Promise<CallAnswer> {
  if (kind === "stream")
    throw new Refusal(
      400,
      `${name} is a stream without a route, so only services watch it, in their own name`,
    );
  if (token !== undefined)
    throw new Refusal(
      400,
      `${name} has no route, and an access token is read by the gateway only. Call it as one of the people, or as a stranger.`,
    );
  if (as !== undefined) requirePerson(identity, as);
  if (!ask)
    throw new Refusal(501, `${name} has no route, and nobody here runs its unit: this is for kerf dev`);
  const key = kind === "command" ? (given ?? randomUUID()) : undefined;
  const since = performance.now();
  const { status, body, traceId } = await asked(ask({ member: name, input, as, key }));
  return {
    request: `operator → ${name}`,
    status,
    headers: {},
    ...shown(body),
    traceId,
    id: key ?? null,
    milliseconds: performance.now() - since,
  };
}

async function asked(answer: Promise<PastGatewayAnswer>): Promise<PastGatewayAnswer> {
  try {
    return await answer;
  } catch (error) {
    throw new Refusal(503, (error as Error).message);
  }
}

/** As much as is shown of an answer of the gateway. */
function shown(body: unknown): Pick<CallAnswer, "body" | "truncated"> {
  const text = Buffer.from(JSON.stringify(body) ?? "null");
  return text.length <= MOST_BYTES
    ? { body: body ?? null, truncated: false }
    : { body: text.toString("utf8", 0, MOST_BYTES), truncated: true };
}
