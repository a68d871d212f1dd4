import { pounds } from "./pounds.ts";

/** A mail, without its way. */
export interface Letter {
  readonly kind: "confirmation" | "refusal" | "refund";
  /** The same for the same occasion: what makes one of two. */
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly orderId?: string;
  readonly returnId?: string;
  readonly customerId?: string | undefined;
}

interface Reader {
  readonly name: string;
  readonly email: string;
  readonly customerId?: string | undefined;
}

interface Confirmed extends Reader {
  readonly orderId: string;
  readonly number: number;
  readonly totalPence: number;
  readonly lines: readonly { readonly name: string; readonly quantity: number; readonly pence: number }[];
}

/** The only mail that confirms an order. */
export function confirmation(order: Confirmed): Letter {
  const { orderId, number, name, email, customerId, lines, totalPence } = order;
  const list = lines.map(
    (line) =>
      `  ${line.quantity} × ${line.name}, ${pounds(line.pence)} each: ${pounds(line.quantity * line.pence)}`,
  );
  return {
    kind: "confirmation",
    messageId: orderMessageId(orderId),
    to: email,
    subject: `Your order ${number} is on its way`,
    text: letter(
      name,
      "Thank you for your order. We have taken your payment and are packing:",
      ...list,
      `Total: ${pounds(totalPence)}`,
    ),
    orderId,
    customerId,
  };
}

interface Refused extends Reader {
  readonly orderId: string;
  readonly number: number;
  readonly reason: string;
}

const whys: Readonly<Record<string, string>> = {
  OutOfStock: "Something in it has sold out.",
  Declined: "Your bank declined the payment.",
  Undeliverable: "No carrier of ours goes to your address.",
};

/** The only mail that refuses an order: an order has one or the other, so both share the order's Message-ID. */
export function refusal({ orderId, number, name, email, customerId, reason }: Refused): Letter {
  const why = whys[reason] ?? "Something went wrong on our side.";
  return {
    kind: "refusal",
    messageId: orderMessageId(orderId),
    to: email,
    subject: `We could not take your order ${number}`,
    text: letter(name, `We are sorry: we could not take your order. ${why}`, "You have paid nothing."),
    orderId,
    customerId,
  };
}

interface Completed extends Reader {
  readonly returnId: string;
  readonly article: string;
  readonly quantity: number;
  readonly pence: number;
}

export function refund({ returnId, name, email, customerId, article, quantity, pence }: Completed): Letter {
  return {
    kind: "refund",
    messageId: `<return-${returnId}@shop.example>`,
    to: email,
    subject: `Your refund of ${pounds(pence)}`,
    text: letter(name, `We have taken ${quantity} × ${article} back and refunded ${pounds(pence)}.`),
    returnId,
    customerId,
  };
}

function orderMessageId(orderId: string): string {
  return `<order-${orderId}@shop.example>`;
}

function letter(name: string, ...lines: string[]): string {
  return [`Dear ${name},`, "", ...lines, "", "Heart Lane Gifts", ""].join("\n");
}
