import { command, contract, query } from "kerf";
import { z } from "zod";

const Review = z.object({
  show: z.string().max(40),
  stars: z.int().min(1).max(5),
  words: z.array(z.string().max(40)).max(20),
  seat: z.object({ row: z.string().max(3), number: z.int() }),
});

export const reviews = contract("reviews", {
  version: 1,
  write: command({ input: Review, output: z.object({ at: z.string() }) }),
  read: query({
    input: z.object({ shows: z.array(z.string()).max(100), stars: z.int().optional() }),
    output: z.object({ reviews: z.array(Review), total: z.int() }),
  }),
});
