import { ageOf, tagsOf } from "@kerf/runtime/cache";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Respond } from "../respond.ts";
import type { Route } from "../routes.ts";
import { etagOf, matches } from "./etag.ts";
import { httpPolicy } from "./policy.ts";
import { surrogateKeyOf } from "./surrogate.ts";

/** Sends one answer. `output` is the reply as it came from inside, `input` what was asked. */
export type Send = (
  request: FastifyRequest,
  reply: FastifyReply,
  body: string,
  input: unknown,
  output: unknown,
) => void;

export interface SendOptions {
  readonly respond: Respond;
  /** Whether a CDN stands in front that is purged by events. */
  readonly cdn: boolean;
  /** A header that decides which version of a service answers. */
  readonly releases: boolean;
}

/** Makes what answers a member: of GET with what caches need to know (RFC 9111, 9110, 5861, 9213), of others without. */
export function sender({ member, method }: Route, { respond, cdn, releases }: SendOptions): Send {
  if (member.kind !== "query" || method !== "GET") {
    const open = member.access === "public";
    return (_request, reply, body) => respond.json(reply, body, open);
  }
  const { cacheControl, cdnCacheControl, vary: personal, conditional } = httpPolicy(member, cdn);
  const vary = [personal, releases && conditional && "kerf-release"].filter(Boolean).join(", ");
  const tags = cdnCacheControl === undefined ? undefined : tagsOf(member);
  const kept = member.cache !== undefined;

  function describe(reply: FastifyReply, input: unknown, output: unknown): void {
    reply.header("cache-control", cacheControl);
    if (vary !== "") addVary(reply, vary);
    const age = kept ? ageOf(output) : undefined;
    if (age !== undefined) reply.header("age", Math.floor(age / 1_000));
    if (tags === undefined) return;
    const keys = tags(input).map(surrogateKeyOf);
    reply
      .header("cdn-cache-control", cdnCacheControl)
      .header("surrogate-key", keys.join(" "))
      .header("cache-tag", keys.join(","));
  }

  if (!conditional) {
    return (_request, reply, body) => respond.json(reply, body, false);
  }
  return (request, reply, body, input, output) => {
    const etag = etagOf(body);
    describe(reply.header("etag", etag), input, output);
    const given = request.headers["if-none-match"];
    if (given !== undefined && matches(given, etag)) respond.notModified(reply);
    else respond.json(reply, body, true);
  };
}

/** CORS may have said what the answer varies by, too. */
function addVary(reply: FastifyReply, names: string): void {
  const before = reply.getHeader("vary");
  reply.header("vary", before === undefined ? names : `${String(before)}, ${names}`);
}
