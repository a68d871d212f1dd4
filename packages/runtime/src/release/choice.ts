import type { CallHeader } from "../transport/transport.ts";
import { traceIdOf } from "../call/trace.ts";
import { mayChoose, type Release } from "./release.ts";

export type Side = "current" | "next";

/**
 * What was chosen for a request travels with it, so that all of it sees one version: `"catalog=next,orders=current"`. This
 * is the side of one service in that; undefined where nothing was chosen for it.
 */
export function chosenFor(chosen: string | undefined, service: string): Side | undefined {
  if (chosen === undefined) return undefined;
  for (const part of chosen.split(",")) {
    const [name, side] = part.split("=");
    if (name === service && (side === "next" || side === "current")) return side;
  }
  return undefined;
}

/** Chooses for one service: as somebody wished who may, or by weight. The same person or request always draws the same. */
export function choose(release: Release, header: CallHeader, weight: number): Side {
  if (header.wish !== undefined && mayChoose(release, header.actor)) {
    const wished = wishFor(header.wish, release.service);
    if (wished) return wished;
  }
  // What failed once, and perhaps on the new version, is not tried there again: by a saga for hours.
  if (weight <= 0 || header.retry) return "current";
  if (weight >= 100) return "next";
  const person = release.sticky === "actor" ? header.actor?.id : undefined;
  const key = person ?? traceIdOf(header.traceparent);
  return lot(`${release.service}\0${key}`) * 100 < weight ? "next" : "current";
}

/** `next` and `current` are for all services, `catalog=next` for one. */
function wishFor(wish: string, service: string): Side | undefined {
  const all = wish.trim();
  return all === "next" || all === "current" ? all : chosenFor(all.replaceAll(" ", ""), service);
}

/** At least 0, less than 1, and evenly spread: FNV-1a, then the last steps of MurmurHash3. */
export function lot(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
