import { StatusError, type Handler } from "kerf";
import { randomBytes } from "node:crypto";
import type { shipping } from "./contract.ts";
import type { wants } from "./needs.ts";

/** A code that is handed to strangers: nothing of the order can be read from it, nor another code be guessed. */
export function trackingCode(prefix: "P" | "R"): string {
  return prefix + randomBytes(9).toString("hex").toUpperCase();
}

export const book: Handler<typeof shipping.book, typeof wants> = async (
  { orderId, address, pieces },
  { sql, fail },
) => {
  const { country } = address;
  const [nowhere] =
    await sql`select from undeliverable_country where country = ${country.trim().toLowerCase()}`;
  if (nowhere) throw fail("Undeliverable", { country });
  await sql`
    insert into shipment (order_id, tracking, address, country, pieces)
    values (${orderId}, ${trackingCode("P")}, ${sql.json(address)}, ${country}, ${pieces})
    on conflict (order_id) do nothing`;
  const [booked] = await sql<{ tracking: string; state: string }>`
    select tracking, state from shipment where order_id = ${orderId}`;
  if (booked!.state !== "booked")
    throw new StatusError("FAILED_PRECONDITION", `the parcel of ${orderId} was called off`);
  return { tracking: booked!.tracking };
};

export const cancel: Handler<typeof shipping.cancel, typeof wants> = async ({ orderId }, { sql }) => {
  await sql`update shipment set state = 'cancelled' where order_id = ${orderId}`;
  return {};
};
