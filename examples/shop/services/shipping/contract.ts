import { command, contract, query } from "kerf";
import { z } from "zod";
import { Address } from "../../shapes/address.ts";
import { ArticleCode } from "../../shapes/article.ts";
import { AfterNumber, Limit } from "../../shapes/page.ts";
import { Id } from "../../shapes/text.ts";

const State = z.enum(["booked", "cancelled", "unknown"]);

export const shipping = contract("shipping", {
  version: 1,
  book: command({
    description: "Books the parcel of an order. Again: the same parcel.",
    input: z.object({ orderId: Id, address: Address, pieces: z.int().min(1) }),
    output: z.object({ tracking: z.string() }),
    errors: { Undeliverable: z.object({ country: z.string() }) },
  }),
  cancel: command({
    description: "Calls the parcel of an order off: the undo of a booking.",
    input: z.object({ orderId: Id }),
  }),
  track: query({
    description: "Where a parcel is, for whoever holds its tracking code.",
    http: "GET /tracking/:tracking",
    access: "public",
    input: z.object({ tracking: Id }),
    output: z.object({ tracking: z.string(), state: State, country: z.string(), bookedAt: z.string() }),
  }),
  shipments: query({
    description: "Every order's parcel, oldest first, in pages.",
    http: "GET /shipments",
    access: "role:staff",
    input: z.object({ after: AfterNumber, limit: Limit }),
    output: z.object({
      shipments: z.array(
        z.object({
          number: z.int(),
          orderId: Id,
          tracking: z.string(),
          state: State,
          pieces: z.int(),
          country: z.string(),
          bookedAt: z.string(),
        }),
      ),
      next: z.int().optional(),
    }),
  }),
  returnParcels: query({
    description: "The parcels that customers send back, oldest first, in pages.",
    http: "GET /return-parcels",
    access: "role:staff",
    input: z.object({ after: AfterNumber, limit: Limit }),
    output: z.object({
      parcels: z.array(
        z.object({
          number: z.int(),
          returnId: Id,
          tracking: z.string(),
          article: ArticleCode,
          quantity: z.int(),
        }),
      ),
      next: z.int().optional(),
    }),
  }),
});
