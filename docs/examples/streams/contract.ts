import { command, contract, event, stream } from "kerf";
import { z } from "zod";

const Bid = z.object({ number: z.int(), pence: z.int() });

export const auction = contract("auction", {
  version: 1,
  bid: command({ input: z.object({ lot: z.string(), pence: z.int().min(1) }), output: Bid }),
  // #region contract
  bids: stream({
    description: "Every bid for a lot, those that are there and those that come.",
    http: "GET /lots/:lot/bids",
    access: "public",
    input: z.object({ lot: z.string(), after: z.int().optional() }),
    output: Bid,
    resume: { id: "number", from: "after" },
  }),
  // #endregion
  bidPlaced: event({ data: Bid.extend({ lot: z.string() }), key: "lot" }),
});
