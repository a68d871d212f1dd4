import { contract, query } from "kerf";
import { z } from "zod";
import { ArticleCode } from "../../shapes/article.ts";

export const recommendations = contract("recommendations", {
  version: 1,
  alike: query({
    description:
      "What is bought together with an article more often than chance would have it: by lift, the best first.",
    http: "GET /recommendations",
    access: "public",
    input: z.object({ article: ArticleCode, limit: z.int().min(1).max(50).default(5) }),
    output: z.object({
      article: ArticleCode,
      alike: z.array(
        z.object({
          article: ArticleCode,
          /** How many times likelier it is in an order that has the article than in any order. */
          lift: z.number(),
          /** Orders that have both. */
          together: z.int(),
        }),
      ),
    }),
    // One order more changes little, and it costs the most of all queries.
    cache: { ttl: "1m", stale: "1h" },
  }),
});
