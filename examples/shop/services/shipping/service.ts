import { on, service, type ReactionContext } from "kerf";
import { missing } from "../../shapes/missing.ts";
import { pageOf } from "../../shapes/page.ts";
import { orders } from "../orders/contract.ts";
import { book, cancel, trackingCode } from "./book.ts";
import { shipping } from "./contract.ts";
import { wants } from "./needs.ts";

type State = "booked" | "cancelled";

interface ShipmentRow {
  number: number;
  orderId: string;
  tracking: string;
  state: State;
  pieces: number;
  country: string;
  bookedAt: string;
}

interface ParcelRow {
  number: number;
  returnId: string;
  tracking: string;
  article: string;
  quantity: number;
}

/** Awaits the parcel of what a customer sends back. */
const awaitParcel = on(
  orders.returnRequested,
  async ({ returnId, article, quantity }, { sql }: ReactionContext<typeof wants, "shipping@1">) => {
    await sql`
      insert into return_parcel (return_id, tracking, article, quantity)
      values (${returnId}, ${trackingCode("R")}, ${article}, ${quantity})
      on conflict (return_id) do nothing`;
  },
);

export default service(shipping, wants, {
  handle: {
    book,
    cancel,

    async track({ tracking }, { sql }) {
      const [parcel] = await sql<{ tracking: string; state: State; country: string; bookedAt: string }>`
        select tracking, state, country, booked_at as "bookedAt" from shipment where tracking = ${tracking}`;
      if (!parcel) throw missing("parcel", tracking);
      return parcel;
    },

    async shipments({ after = 0, limit }, { sql }) {
      const rows = await sql<ShipmentRow>`
        select number, order_id as "orderId", tracking, state, pieces, country, booked_at as "bookedAt"
          from shipment where number > ${after} order by number limit ${limit + 1}`;
      const { rows: shipments, next } = pageOf(rows, limit, (row) => row.number);
      return { shipments, next };
    },

    async returnParcels({ after = 0, limit }, { sql }) {
      const rows = await sql<ParcelRow>`
        select number, return_id as "returnId", tracking, article, quantity
          from return_parcel where number > ${after} order by number limit ${limit + 1}`;
      const { rows: parcels, next } = pageOf(rows, limit, (row) => row.number);
      return { parcels, next };
    },
  },
  react: [awaitParcel],
});
