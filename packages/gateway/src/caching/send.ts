import { ageOf, tagsOf } from "@kerf/runtime/cache";
import type { Exchange } from "../exchange.ts";
import type { Respond } from "../respond.ts";
import type { Route } from "../routes.ts";
import { etagOf, matches } from "./etag.ts";
import { httpPolicy } from "./policy.ts";
import { surrogateKeyOf } from "./surrogate.ts";

/** Sends one answer. `output` is the reply as it came from inside, `input` what was asked. */
export type Send = (exchange: Exchange, body: string, input: unknown, output: unknown) => void;

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
    const cacheControl = member.access === "public" ? undefined : "no-store";
    return (exchange, body) => respond.json(exchange, body, cacheControl);
  }
  const { cacheControl, cdnCacheControl, vary: personal, conditional } = httpPolicy(member, cdn);
  if (!conditional) return (exchange, body) => respond.json(exchange, body, cacheControl);
  const vary = [personal, releases && "kerf-release"].filter(Boolean).join(", ");
  const tags = cdnCacheControl === undefined ? undefined : tagsOf(member);
  const kept = member.cache !== undefined;

  function describe(exchange: Exchange, input: unknown, output: unknown): void {
    const { headers } = exchange;
    if (vary !== "") exchange.vary(vary);
    const age = kept ? ageOf(output) : undefined;
    if (age !== undefined) headers.push("age", Math.floor(age / 1_000));
    if (tags === undefined) return;
    const keys = tags(input).map(surrogateKeyOf);
    headers.push("cdn-cache-control", cdnCacheControl!);
    headers.push("surrogate-key", keys.join(" "), "cache-tag", keys.join(","));
  }

  return (exchange, body, input, output) => {
    const etag = etagOf(body);
    exchange.headers.push("etag", etag);
    describe(exchange, input, output);
    const given = exchange.request.headers["if-none-match"];
    if (given === undefined || !matches(given, etag)) return respond.json(exchange, body, cacheControl);
    exchange.headers.push("cache-control", cacheControl);
    respond.empty(exchange, 304);
  };
}
