import { command, contract, event, query } from "kerf";
import { z } from "zod";
import { ArticleCode, Item, maxImport, maxLines } from "../../shapes/article.ts";
import { Limit } from "../../shapes/page.ts";
import { Id } from "../../shapes/text.ts";

export const inventory = contract("inventory", {
  version: 1,
  objective: { availability: 0.999 },
  stock: query({
    description:
      "How many pieces of an article can be ordered, or could a second ago: to be shown, while reservations count themselves. An article that is not stocked has none.",
    http: "GET /stock",
    access: "public",
    input: z.object({ article: ArticleCode }),
    output: z.object({ article: ArticleCode, available: z.int() }),
    cache: { ttl: "1s" },
  }),
  stocks: query({
    description: "The same of many articles. Those that are not stocked have none.",
    input: z.object({ articles: z.array(ArticleCode).max(100) }),
    output: z.object({ stocks: z.array(z.object({ article: ArticleCode, available: z.int() })) }),
  }),
  setOpening: command({
    description: "Sets the opening stock of articles. The same again changes nothing.",
    http: "POST /stock/opening",
    access: "role:staff",
    input: z.object({
      items: z
        .array(z.object({ article: ArticleCode, quantity: z.int().min(0).max(1_000_000_000) }))
        .min(1)
        .max(maxImport),
    }),
    output: z.object({ articles: z.int() }),
    errors: { AlreadySold: z.object({ article: z.string(), available: z.int() }) },
  }),
  reserve: command({
    description: "Holds pieces for an order, summed per article, all or nothing.",
    input: z.object({ orderId: Id, items: z.array(Item).min(1).max(maxLines) }),
    errors: { OutOfStock: z.object({ article: z.string(), wanted: z.int(), available: z.int() }) },
  }),
  release: command({
    description: "Puts what is held for an order back: the undo of a reservation.",
    input: z.object({ orderId: Id }),
  }),
  levels: query({
    description: "Every article's stock, by code, in pages. opening = available + reserved + sold.",
    http: "GET /stock/levels",
    access: "role:staff",
    input: z.object({ after: ArticleCode.optional(), limit: Limit }),
    output: z.object({
      levels: z.array(
        z.object({
          article: ArticleCode,
          opening: z.int(),
          available: z.int(),
          /** For orders that are not decided yet. */
          reserved: z.int(),
          /** In confirmed orders, less what came back. */
          sold: z.int(),
        }),
      ),
      next: z.string().optional(),
    }),
  }),
  reservations: query({
    description: "What is, or was, held for each order, by order id, in pages.",
    http: "GET /stock/reservations",
    access: "role:staff",
    input: z.object({ after: Id.optional(), limit: z.int().min(1).max(200).default(100) }),
    output: z.object({
      reservations: z.array(
        z.object({
          orderId: Id,
          state: z.enum(["held", "released", "sold", "unknown"]),
          items: z.array(z.object({ article: ArticleCode, quantity: z.int() })),
        }),
      ),
      next: z.string().optional(),
    }),
  }),
  restocked: event({
    data: z.object({ returnId: Id, article: ArticleCode, quantity: z.int() }),
    key: "returnId",
  }),
});
