import type { Order } from "../shop.ts";

const names: Record<Order["state"], string> = {
  pending: "In progress",
  confirmed: "Confirmed",
  refused: "Refused",
  // Of a newer shop than this page.
  unknown: "In progress",
};

export function StateLabel({ state }: { readonly state: Order["state"] }) {
  return <span class={`state ${state}`}>{names[state]}</span>;
}

export function textOfReason(reason: Order["reason"]): string {
  switch (reason) {
    case "OutOfStock":
      return "There is not enough of it left.";
    case "Declined":
      return "The bank declined the payment. Nothing was charged.";
    case "Undeliverable":
      return "No carrier goes there. Nothing was charged.";
    default:
      return "It could not be completed. Nothing was charged.";
  }
}
