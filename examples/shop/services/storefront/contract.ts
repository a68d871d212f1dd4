import { contract, query } from "kerf";
import { z } from "zod";
import { ArticleCode } from "../../shapes/article.ts";
import { Pence } from "../../shapes/money.ts";
import { Id } from "../../shapes/text.ts";

/** Whether a part of a page could be had: the page comes without the others rather than not at all. */
const Part = z.enum(["ok", "unavailable", "unknown"]);

export const storefront = contract("storefront", {
  version: 1,
  productPage: query({
    description: "A product with its stock and what is bought together with it.",
    objective: { availability: 0.999, latency: { p: 0.95, within: "250ms" } },
    http: "GET /storefront/products/:code",
    access: "public",
    input: z.object({ code: ArticleCode }),
    output: z.object({
      code: ArticleCode,
      name: z.string(),
      description: z.string(),
      offer: z.object({ offerId: z.string(), pence: Pence }).optional(),
      available: z.int().optional(),
      alike: z.array(ArticleCode),
      /** Of those in `alike`, with what is needed to show them; `available` where it could be had. */
      suggestions: z.array(
        z.object({
          code: ArticleCode,
          name: z.string(),
          offer: z.object({ offerId: z.string(), pence: Pence }).optional(),
          available: z.int().optional(),
        }),
      ),
      parts: z.object({ stock: Part, recommendations: Part }),
    }),
  }),
  accountPage: query({
    description: "The person who calls: who they are, their newest orders, returns and mails.",
    http: "GET /storefront/account",
    access: "user",
    output: z.object({
      customerId: z.string(),
      name: z.string().optional(),
      orders: z.array(
        z.object({
          orderId: Id,
          state: z.enum(["pending", "confirmed", "refused", "unknown"]),
          totalPence: Pence,
          placedAt: z.string(),
        }),
      ),
      returns: z.array(
        z.object({
          returnId: Id,
          article: ArticleCode,
          quantity: z.int(),
          state: z.enum(["requested", "completed", "stuck", "unknown"]),
          pence: Pence,
        }),
      ),
      mails: z.array(z.object({ subject: z.string(), sentAt: z.string() })),
      parts: z.object({ user: Part, orders: Part, returns: Part, mails: Part }),
    }),
  }),
});
