const told = ["OutOfStock", "Declined", "Undeliverable"] as const;

export type Reason = (typeof told)[number] | "Failed";

/** What a customer is told of the error that ended a checkout. */
export function reasonOf(code: string): Reason {
  return told.find((reason) => reason === code) ?? "Failed";
}
