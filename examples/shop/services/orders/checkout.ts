import { saga } from "kerf";
import { z } from "zod";
import { Address } from "../../shapes/address.ts";
import { Item } from "../../shapes/article.ts";
import { Pence } from "../../shapes/money.ts";
import { Id } from "../../shapes/text.ts";
import { inventory } from "../inventory/contract.ts";
import { payments } from "../payments/contract.ts";
import { shipping } from "../shipping/contract.ts";
import { orders } from "./contract.ts";
import { reasonOf } from "./reason.ts";

/** From a placed order to a confirmed one: all of it, or none of it. */
export const checkout = saga("checkout", {
  version: 1,
  input: z.object({ orderId: Id, items: z.array(Item), totalPence: Pence, address: Address }),
  uses: [inventory, payments, shipping, orders],
  async run({ orderId, items, totalPence, address }, { step }) {
    const payment = { orderId, pence: totalPence };
    const pieces = items.reduce((sum, item) => sum + item.quantity, 0);
    await step(
      "reserve stock",
      inventory.reserve,
      { orderId, items },
      { undo: [inventory.release, { orderId }] },
    );
    await step("take payment", payments.charge, payment, { undo: [payments.refund, payment] });
    await step(
      "book shipment",
      shipping.book,
      { orderId, address, pieces },
      { undo: [shipping.cancel, { orderId }] },
    );
    await step("confirm", orders.confirm, { orderId }, { final: true });
  },
  async refused({ input, error }, { step }) {
    await step("refuse", orders.refuse, { orderId: input.orderId, reason: reasonOf(error.code) });
  },
});
