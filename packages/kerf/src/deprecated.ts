import { refuse } from "./refuse.ts";

/** What an author says of a contract, or of one query or command, that is to go. Dates are ISO 8601, in UTC. */
export interface DeprecatedSpec {
  /** `"2026-09-01"`: since when nobody new should use it. */
  readonly since: string;
  /** `"2027-03-01"`: from when on it may be gone. */
  readonly sunset?: string;
  /** Where callers read what to do: a URL, or a path of the gateway. */
  readonly link?: string;
  /** What the gateway does after `sunset`: it goes on (`"serve"`, the default) or answers 410 (`"gone"`). */
  readonly afterSunset?: "serve" | "gone";
}

/** The same, read. Times are Date.now() milliseconds. */
export interface Deprecation {
  readonly sinceAt: number;
  readonly sunsetAt: number | undefined;
  readonly link: string | undefined;
  /** Whether the gateway refuses it after its sunset. */
  readonly ends: boolean;
}

/** @throws DeclarationError at `place` */
export function readDeprecated(spec: DeprecatedSpec | undefined, place: string): Deprecation | undefined {
  if (spec === undefined) return undefined;
  if (typeof spec !== "object" || spec === null)
    return refuse(place, "does not say since when", 'write { since: "2026-09-01" }');
  const { since, sunset, link, afterSunset = "serve" } = spec;
  const sinceAt = timeOf(since, `${place}.since`);
  const sunsetAt = sunset === undefined ? undefined : timeOf(sunset, `${place}.sunset`);
  if (sunsetAt !== undefined && sunsetAt <= sinceAt)
    refuse(`${place}.sunset`, `${sunset} is not after ${since}`, "leave callers time in between");
  if (afterSunset !== "serve" && afterSunset !== "gone")
    refuse(`${place}.afterSunset`, `"${String(afterSunset)}" means nothing`, 'write "serve" or "gone"');
  if (afterSunset === "gone" && sunsetAt === undefined)
    refuse(`${place}.afterSunset`, "there is no sunset that it could be after", "say when: sunset");
  // It stands in a header: RFC 8288, section 3.
  if (link !== undefined && !/^(?:https?:\/\/[!#-;=?-~]+|\/[!#-;=?-~]*)$/.test(link))
    refuse(`${place}.link`, `"${link}" is neither a URL nor a path`, 'write "https://…" or "/…"');
  return { sinceAt, sunsetAt, link, ends: afterSunset === "gone" };
}

function timeOf(text: string, place: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) refuse(place, `"${text}" is no date`, 'write it as "2026-09-01"');
  return at;
}
