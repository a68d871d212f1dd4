import type { Attributes } from "@opentelemetry/api";
import type { AttributeLimits } from "../settings/limits.ts";

export interface LimitedAttributes {
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

/** Those that are there, as many of them and of their text as may be. */
export function limited(
  given: Readonly<Record<string, Attributes[string]>>,
  { count, valueLength }: AttributeLimits,
): LimitedAttributes {
  const attributes: Attributes = {};
  let kept = 0;
  let dropped = 0;
  for (const name in given) {
    const value = given[name];
    if (value === undefined) continue;
    if (kept === count) {
      dropped++;
      continue;
    }
    attributes[name] =
      typeof value === "string" && value.length > valueLength ? value.slice(0, valueLength) : value;
    kept++;
  }
  return { attributes, droppedAttributesCount: dropped };
}
