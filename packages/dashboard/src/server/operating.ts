import type { PeopleView } from "../api/index.ts";
import { callByHand } from "../calls/call.ts";
import type { Routes } from "./handle.ts";
import { readBody, textIn } from "./read-body.ts";
import { Refusal } from "./refusal.ts";

/** What people give a call or an event by hand, at most. */
const MOST_BYTES = 1 << 20;

/** What people try: calls and events by hand. */
export const operating: Routes = {
  "GET /api/people": ({ identity }): PeopleView => ({ people: identity?.people ?? [] }),
  "POST /api/call": async (parts, { request }) => {
    const body = await readBody(request, MOST_BYTES);
    const as = textIn(body, "as");
    const token = headerIn(body, "token", 16_384)?.replace(/^Bearer +/i, "");
    if (as !== undefined && token !== undefined)
      throw new Refusal(400, "give as, or a token, and not both: it is one or the other who calls");
    return callByHand(parts, {
      member: needed(body, "member"),
      input: objectIn(body, "input") ?? {},
      as,
      token,
      id: headerIn(body, "id", 255),
    });
  },
  "POST /api/publish": async (parts, { request }) => {
    const body = await readBody(request, MOST_BYTES);
    const channel = needed(body, "channel");
    const data = objectIn(body, "data");
    if (!data) throw new Refusal(400, "data is missing");
    const published = await parts.publish(
      { type: channel, data, key: textIn(body, "key") },
      { who: parts.who, why: textIn(body, "reason") },
    );
    parts.live.changed(["events"]);
    return published;
  },
};

function needed(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = textIn(body, name);
  if (value === undefined) throw new Refusal(400, `${name} is missing`);
  return value;
}

function objectIn(
  body: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw new Refusal(400, `${name} is no JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

/** What is sent in a header: visible ASCII (RFC 9110, section 5.5). */
function headerIn(body: Readonly<Record<string, unknown>>, name: string, most: number): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string" || value.length > most || !/^[ -~]+$/.test(value))
    throw new Refusal(400, `${name} is no text of letters, digits and signs, or too long`);
  return value.trim();
}
