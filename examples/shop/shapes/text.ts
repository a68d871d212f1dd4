import { z } from "zod";

/** One line of text, without control characters: PostgreSQL has no room for NUL, nor a mail header for line breaks. */
export function line(max: number) {
  return z
    .string()
    .max(max)
    .regex(/^\P{Cc}+$/u, "must be one line of text");
}

/** Text of any number of lines, without other control characters. */
export function prose(max: number) {
  return z
    .string()
    .max(max)
    .regex(/^(?:\P{Cc}|[\n\r\t])*$/u, "must be text");
}

/** The id of an order, cart, return: made by the shop, never guessable. */
export const Id = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "must be letters, digits and dashes, at most 64");

/** The id of a person, as the identity provider knows them. */
export const PersonId = line(128);
