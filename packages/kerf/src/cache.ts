import type { AccessRule } from "./access.ts";
import { durationMs, type Duration } from "./duration.ts";
import type { AnyEvent, Event } from "./event.ts";
import { nearest } from "./nearest.ts";
import { refuse } from "./refuse.ts";
import { fieldNames, type Schema, type Taken } from "./schema.ts";

declare const matched: unique symbol;

/** An event that makes answers old: all of a query, or those whose input has the event's values. Made by {@link when}. */
export interface Invalidation<out Fields> {
  /** Only for the compiler. */
  readonly [matched]?: Fields;
  readonly event: AnyEvent;
  /** Field of the query's input to field of the event's data. Empty: all answers are old. */
  readonly match: Readonly<Record<string, string>>;
}

/** `cache` of a query: for how long an answer is given again instead of being made. */
export interface CacheSpec<I extends Schema> {
  /** How long an answer is fresh, at most a day: `"30s"`. */
  readonly ttl: Duration;
  /**
   * For so long after that, at most a week, the old answer is given at once while a new one is made, and instead of it where
   * that fails (RFC 5861). None where absent. What an event made old is never given.
   */
  readonly stale?: Duration;
  /**
   * Whose answers are one. `"everyone"`: the handler is not told who asks, so that one person's answer cannot be given to
   * another; the default where `access` is `"public"`, refused where it is a role, `"user"` or a function. `"caller"`: one
   * for each actor, calling service and way in.
   */
  readonly per?: "everyone" | "caller";
  /** Events of the same contract after which answers are not given any more: `[when(priceChanged, { sku: "sku" })]`. */
  readonly invalidate?: readonly Invalidation<Partial<Taken<NoInfer<I>>>>[];
  /** How long declared errors are kept too. Not at all where absent; other errors never are. */
  readonly errors?: Duration;
  /**
   * How long browsers may keep it without asking again, where it has a route. `ttl` where absent; with `invalidate` 0, for no
   * event reaches them. Of what is not for everyone, nothing is kept by a browser unless this says so.
   */
  readonly browser?: Duration;
}

/** {@link CacheSpec} as it is kept: checked, in milliseconds. */
export interface CachePlan {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly errorsMs: number;
  readonly per: "everyone" | "caller";
  readonly invalidate: readonly Invalidation<unknown>[];
  readonly browserMs: number | undefined;
}

type One<T> = T extends readonly (infer E)[] ? E : T;

/**
 * Says which answers of a query an event makes old. `match` has fields of the query's input, each with the field of the
 * event's data that it equals (or, of a list, is in): `when(priceChanged, { sku: "sku" })`. Without it, all answers.
 */
export function when<
  D extends Schema,
  const M extends { readonly [input: string]: keyof Taken<D> & string } = Record<never, never>,
>(event: Event<"", D>, match?: M): Invalidation<{ [K in keyof M]: One<Taken<D>[M[K]]> }> {
  return { event, match: match ?? {} };
}

const longest = { ttl: 86_400_000, stale: 7 * 86_400_000 } as const;
const known = ["ttl", "stale", "per", "invalidate", "errors", "browser"];

/** Reads the `cache` of a query. @throws DeclarationError at `place` */
export function readCache(
  spec: CacheSpec<Schema> | undefined,
  member: { readonly input: Schema; readonly access: AccessRule | undefined },
): CachePlan | undefined {
  if (spec === undefined) return undefined;
  const place = "query({ cache })";
  if (typeof spec !== "object" || spec === null)
    return refuse(place, "is no object", 'write cache: { ttl: "30s" }');
  const other = Object.keys(spec).find((key) => !known.includes(key));
  if (other !== undefined) refuse(`${place}.${other}`, "is unknown", `it has ${known.join(", ")}`);
  if (spec.ttl === undefined) refuse(place, "has no ttl", 'say how long an answer is fresh: ttl: "30s"');
  const inputs = fieldNames(member.input);
  for (const { event, match } of spec.invalidate ?? []) checkMatch(event, match, inputs, place);
  return {
    ttlMs: readMs(spec.ttl, longest.ttl, `${place}.ttl`),
    staleMs: readMs(spec.stale, longest.stale, `${place}.stale`),
    errorsMs: readMs(spec.errors, longest.ttl, `${place}.errors`),
    per: readPer(spec.per, member.access, place),
    invalidate: spec.invalidate ?? [],
    browserMs: spec.browser === undefined ? undefined : readMs(spec.browser, longest.ttl, `${place}.browser`),
  };
}

function readMs(text: Duration | undefined, most: number, place: string): number {
  if (text === undefined) return 0;
  const ms = durationMs(text, place);
  if (ms > most) refuse(place, `${text} is longer than ${most / 86_400_000}d`, "make it shorter");
  return ms;
}

/** Who may ask is checked before the cache, yet what only some may see is not shared: rules change, and handlers do. */
function readPer(
  per: CacheSpec<Schema>["per"],
  access: AccessRule | undefined,
  place: string,
): CachePlan["per"] {
  if (per === undefined) return access === "public" ? "everyone" : "caller";
  if (per !== "everyone" && per !== "caller")
    refuse(`${place}.per`, `${JSON.stringify(per)} is unknown`, 'it is "everyone" or "caller"');
  if (per === "everyone" && access !== undefined && access !== "public")
    refuse(
      `${place}.per`,
      `shares with everyone what ${typeof access === "function" ? "an access function guards" : `is for "${access}" only`}`,
      'write per: "caller", or access: "public" where everybody may see it',
    );
  return per;
}

function checkMatch(
  event: AnyEvent | undefined,
  match: Readonly<Record<string, string>>,
  inputs: readonly string[] | undefined,
  place: string,
): void {
  if (event?.kind !== "event")
    refuse(`${place}.invalidate`, "has what is no event", "write invalidate: [when(priceChanged)]");
  for (const [input, data] of Object.entries(match)) {
    checkField(input, inputs, "its input", place);
    checkField(data, fieldNames(event.data), "the data of the event", place);
  }
}

function checkField(name: string, fields: readonly string[] | undefined, of: string, place: string): void {
  if (fields === undefined || fields.includes(name)) return;
  const meant = nearest(name, fields);
  refuse(
    `${place}.invalidate`,
    `names "${name}", which is not a field of ${of}`,
    meant === undefined ? `it has: ${fields.join(", ")}` : `did you mean "${meant}"`,
  );
}

interface Member {
  readonly kind: string;
  readonly cache?: CachePlan | undefined;
}

/** Puts the finished events of a contract in place of their drafts. @throws DeclarationError for another contract's */
export function bindCaches<M extends Member>(
  members: Map<string, M>,
  draftNames: ReadonlyMap<unknown, string>,
  place: string,
): void {
  for (const [name, member] of members) {
    if (!("cache" in member) || member.cache === undefined) continue;
    const invalidate = member.cache.invalidate.map((each) => {
      const event = members.get(draftNames.get(each.event) ?? "");
      if (event === undefined || event.kind !== "event")
        return refuse(
          `${place}.${name}.cache.invalidate`,
          "names an event that is not of this contract",
          "declare the event as a constant, list it in this contract, and name that constant",
        );
      return { ...each, event: event as unknown as AnyEvent };
    });
    members.set(name, Object.freeze({ ...member, cache: Object.freeze({ ...member.cache, invalidate }) }));
  }
}
