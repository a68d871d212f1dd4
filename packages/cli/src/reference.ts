import type { GatewaySettings, ReferenceSettings } from "kerf";

/** What is said of the pages at `/docs/`; `unasked` where they are there although nothing is. */
export function referenceOf(
  declared: GatewaySettings["reference"],
  unasked: boolean,
): ReferenceSettings | undefined {
  if (typeof declared === "object") return declared;
  return (declared ?? unasked) ? {} : undefined;
}
