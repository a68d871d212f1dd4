/** What the bank did about a charge. `voided`: a refund of it came first, so it is never taken. */
export type ChargeOutcome = "captured" | "declined" | "voided";

/** One row of the bank's log. */
export interface BankRow {
  readonly seq: number;
  readonly key: string;
  readonly kind: "charge" | "refund";
  readonly chargeKey: string | null;
  readonly pence: number;
  readonly outcome: ChargeOutcome | "refunded";
  readonly at: string;
}

/**
 * A bank, as far as a shop can see it. Every order to it has a key: the same key again, even at the same moment,
 * does nothing and is given the recorded answer.
 */
export interface Bank {
  charge(key: string, pence: number): Promise<ChargeOutcome>;
  /**
   * Gives back from a charge; tells how much that charge had taken. A charge that the bank does not know is voided:
   * if it is still on its way, it will not be taken.
   * @throws Error where more would be given back than was taken
   */
  refund(key: string, chargeKey: string, pence: number): Promise<{ capturedPence: number }>;
  /** Its record, oldest first. */
  log(after: number, limit: number): Promise<BankRow[]>;
}
