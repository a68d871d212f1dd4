import { command, contract, event, query, when } from "kerf";
import { z } from "zod";
import { ArticleCode, maxImport, maxLines, OfferId } from "../../shapes/article.ts";
import { UnitPence } from "../../shapes/money.ts";
import { line, prose } from "../../shapes/text.ts";

/** A price at which an article is sold. It never changes: another price is another offer. */
const Offer = z.object({ offerId: OfferId, article: ArticleCode, pence: UnitPence });
/** An article with its newest offer, if it has any. */
const Product = z.object({
  code: ArticleCode,
  name: z.string(),
  description: z.string(),
  offer: z.object({ offerId: OfferId, pence: UnitPence }).optional(),
});

// #region changed
/** One for each import, with the articles of which something is not as it was. */
const changed = event({
  data: z.object({ importId: z.string(), articles: z.array(ArticleCode).max(maxImport) }),
  key: "importId",
});
// #endregion

export const catalog = contract("catalog", {
  version: 1,
  objective: { availability: 0.999 },
  changed,
  search: query({
    description:
      "Products by words of their name, description or code, best first; the last word may be unfinished. Without words: all, by name.",
    http: "GET /products",
    access: "public",
    input: z.object({
      search: prose(200).default(""),
      page: z.int().min(1).max(500).default(1),
      pageSize: z.int().min(1).max(100).default(20),
    }),
    output: z.object({ products: z.array(Product), page: z.int(), pageSize: z.int(), total: z.int() }),
    // Any article may now be found by these words, or not any more.
    cache: { ttl: "1m", stale: "5m", invalidate: [when(changed)] },
    objective: { latency: { p: 0.95, within: "250ms" } },
  }),
  // #region cached
  product: query({
    http: "GET /products/:code",
    access: "public",
    input: z.object({ code: ArticleCode }),
    output: Product,
    cache: { ttl: "5m", stale: "1h", invalidate: [when(changed, { code: "articles" })] },
  }),
  // #endregion
  products: query({
    description: "The articles with these codes. Those that do not exist are left out.",
    input: z.object({ codes: z.array(ArticleCode).max(100) }),
    output: z.object({ products: z.array(Product) }),
  }),
  offers: query({
    description:
      "The offers with these ids. Those that do not exist are left out. Never cached: orders are priced by it.",
    input: z.object({ offerIds: z.array(OfferId).max(maxLines) }),
    output: z.object({ offers: z.array(Offer.extend({ name: z.string() })) }),
  }),
  offersOf: query({
    description: "The offers of one article, newest first.",
    http: "GET /offers",
    access: "public",
    input: z.object({ article: ArticleCode }),
    output: z.object({ offers: z.array(Offer) }),
    cache: { ttl: "5m", stale: "1h", invalidate: [when(changed, { article: "articles" })] },
  }),
  registerArticles: command({
    description: "Adds articles, or changes the name and description of those that exist.",
    http: "POST /articles/import",
    access: "role:staff",
    input: z.object({
      articles: z
        .array(z.object({ code: ArticleCode, name: line(200), description: prose(2_000).default("") }))
        .min(1)
        .max(maxImport),
    }),
    output: z.object({ registered: z.int() }),
  }),
  registerOffers: command({
    description: "Adds offers. The same one again changes nothing.",
    http: "POST /offers/import",
    access: "role:staff",
    input: z.object({ offers: z.array(Offer).min(1).max(maxImport) }),
    output: z.object({ registered: z.int() }),
    errors: {
      UnknownArticle: z.object({ article: z.string() }),
      OfferTaken: z.object({ offerId: z.string() }),
    },
  }),
});
