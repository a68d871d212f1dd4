import type { FieldDescriptor, ReservedNumber } from "./descriptor.ts";

/** The numbers that are already given, by the path of a message. */
export type FieldNumbers = { readonly [path: string]: MessageNumbers };

export interface MessageNumbers {
  readonly fields: { readonly [name: string]: { readonly number: number } };
  /** Number to the name that the removed field had. */
  readonly reserved?: { readonly [number: string]: string };
}

/** Kept by protobuf for itself (https://protobuf.dev/programming-guides/proto3/#assigning). */
const KEPT_FROM = 19_000;
const KEPT_TO = 19_999;

/** Gives each field the number that it has, or the next that nobody ever had. */
export function numberFields(
  drafts: readonly Omit<FieldDescriptor, "number">[],
  given: MessageNumbers = { fields: {} },
): { readonly fields: readonly FieldDescriptor[]; readonly reserved: readonly ReservedNumber[] } {
  const reserved = Object.entries(given.reserved ?? {}).map(([number, name]) => ({
    number: Number(number),
    name,
  }));
  const taken = [...Object.values(given.fields), ...reserved].map(({ number }) => number);
  let last = Math.max(0, ...taken);
  const fields = drafts.map((draft): FieldDescriptor => {
    const known = given.fields[draft.name];
    if (known) return { ...draft, number: known.number };
    last = last + 1 === KEPT_FROM ? KEPT_TO + 1 : last + 1;
    return { ...draft, number: last };
  });
  return { fields, reserved };
}
