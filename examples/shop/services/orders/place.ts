import { StatusError, type Handler } from "kerf";
import { randomUUID } from "node:crypto";
import { isStaff } from "../../shapes/access.ts";
import { catalog } from "../catalog/contract.ts";
import { users } from "../users/contract.ts";
import { checkout } from "./checkout.ts";
import { orders } from "./contract.ts";
import type { wants } from "./needs.ts";
import { priceLines } from "./price.ts";

type Place = Handler<typeof orders.place, typeof wants>;
type Context = Parameters<Extract<Place, (...args: never) => unknown>>[1];

export const place: Place = async (input, context) => {
  const { call, emit, fail, sql, start } = context;
  const customerId = customerOf(input.customerId, context);
  // Asked first: a call over the network must not hold the transaction open.
  const [{ offers }, address] = await Promise.all([
    call(catalog.offers, { offerIds: [...new Set(input.lines.map((line) => line.offerId))] }),
    input.address ?? addressOf(customerId, context),
  ]);
  const priced = priceLines(input.lines, offers);
  if ("unknown" in priced) throw fail("UnknownOffer", { offerId: priced.unknown });
  if (!address) throw fail("AddressNeeded", { customerId });
  const { lines, totalPence } = priced;
  const orderId = randomUUID();
  const placedBy =
    customerId === undefined ? `guest:${address.email.toLowerCase()}` : `customer:${customerId}`;
  const [order] = await sql<{ number: number }>`
    insert into orders (order_id, customer_id, placed_by, reference, address, total_pence)
    values (${orderId}, ${customerId ?? null}, ${placedBy}, ${input.reference ?? null},
            ${sql.json(address)}, ${totalPence})
    on conflict (placed_by, reference) where reference is not null do nothing
    returning number`;
  if (!order) throw fail("ReferenceTaken", { reference: input.reference! });
  await sql`
    insert into order_line (order_id, line, offer_id, article, name, quantity, pence)
    select ${orderId}, line, offer_id, article, name, quantity, pence
      from unnest(
        ${lines.map((line) => line.offerId)}::text[],
        ${lines.map((line) => line.article)}::text[],
        ${lines.map((line) => line.name)}::text[],
        ${lines.map((line) => line.quantity)}::bigint[],
        ${lines.map((line) => line.pence)}::bigint[]
      ) with ordinality as t (offer_id, article, name, quantity, pence, line)`;
  start(
    checkout,
    {
      orderId,
      items: lines.map(({ article, quantity }) => ({ article, quantity })),
      totalPence,
      address,
    },
    { id: orderId },
  );
  emit(orders.placed, { orderId, number: order.number, customerId, totalPence });
  return { orderId, number: order.number, state: "pending", totalPence };
};

/** Whose order it is: the caller's, or, where staff or another service says so, somebody else's. */
function customerOf(named: string | undefined, { actor, via }: Context): string | undefined {
  if (named === undefined || named === actor?.id) return named ?? actor?.id;
  if (via === "gateway" && !isStaff({ actor }))
    throw new StatusError("PERMISSION_DENIED", "only staff can place an order for somebody else");
  return named;
}

async function addressOf(customerId: string | undefined, { call }: Context) {
  if (customerId === undefined) return undefined;
  return (await call(users.addressOf, { userId: customerId })).address;
}
