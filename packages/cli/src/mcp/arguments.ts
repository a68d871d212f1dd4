import { z } from "zod";
import { readSince, readSpan } from "../recorded/filters.ts";

export const service = z.string().max(200).describe("Name of a service, as orders").optional();
export const since = z.string().max(50).describe("30m, 1h, or a time as 2026-11-21T10:00:00Z").optional();
export const window = z.string().max(20).describe("Of the last so long: 5m, 1h. Default 5m").optional();
export const limit = (most: number, otherwise: number) =>
  z.int().min(1).max(most).describe(`Default ${otherwise}`).optional();

/** Unix ms. */
export function sinceOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : readSince("since", text);
}

/** In ms, from 10 s to 3 days. */
export function windowOf(text: string | undefined): number {
  return text === undefined ? 300_000 : Math.min(3 * 86_400_000, Math.max(10_000, readSpan("window", text)));
}

/** A time that can be read. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A number without the digits that nobody reads. */
export function short(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
