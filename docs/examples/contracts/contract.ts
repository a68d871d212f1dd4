import { command, contract, event, query } from "kerf";
import { z } from "zod";

// #region fields
const Show = z.string().min(1).max(40);
const Seats = z.int().min(1).max(10);
const NoSuchShow = z.object({ show: z.string() });
// #endregion

// #region contract
export const shows = contract("shows", {
  version: 1,
  seats: query({
    description: "How many seats a show has left.",
    http: "GET /shows/:show",
    access: "public",
    input: z.object({ show: Show }),
    output: z.object({
      title: z.string(),
      left: z.int(),
      sale: z.enum(["open", "closed", "unknown"]),
    }),
    errors: { NoSuchShow },
  }),
  announce: command({
    http: "POST /shows",
    access: "role:staff",
    input: z.object({
      show: Show,
      title: z.string().min(1).max(200),
      seats: z.int().min(1).max(10_000).default(100),
    }),
  }),
  reserve: command({
    input: z.object({ show: Show, booking: z.string().max(60), seats: Seats }),
    output: z.object({ left: z.int() }),
    errors: { SoldOut: z.object({ left: z.int() }), NoSuchShow },
  }),
  release: command({ input: z.object({ booking: z.string().max(60) }) }),
  close: command({ input: z.object({ show: Show }) }),
  reserved: event({
    description: "Seats were set aside for a booking.",
    data: z.object({ show: z.string(), booking: z.string(), seats: z.int(), left: z.int() }),
    key: "show",
  }),
});
// #endregion
