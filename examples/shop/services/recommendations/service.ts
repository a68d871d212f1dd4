import { on, service, type ReactionContext } from "kerf";
import { orders } from "../orders/contract.ts";
import { recommendations } from "./contract.ts";
import { rankByLift, type Count } from "./lift.ts";
import { wants } from "./needs.ts";

/** An article that sells every minute is judged by its newest baskets: more would cost time and tell no more. */
const maxBaskets = 2_000;
/** A first choice by what is most often together; lift decides among them. */
const maxCandidates = 500;

/** Learns from what was really bought. */
const learn = on(
  orders.confirmed,
  async ({ orderId, lines }, { sql }: ReactionContext<typeof wants, "recommendations@1">) => {
    const articles = [...new Set(lines.map((line) => line.article))].toSorted();
    await sql`
      with added as (
        insert into basket (order_id) values (${orderId}) on conflict (order_id) do nothing returning number)
      insert into basket_article (number, article)
      select number, article from added, unnest(${articles}::text[]) as article`;
  },
  { from: "earliest", replayable: { tables: ["basket", "basket_article"] } },
);

export default service(recommendations, wants, {
  handle: {
    async alike({ article, limit }, { sql }) {
      const [[all], counts] = await Promise.all([
        sql<{ baskets: number; looked: number }>`
          select (select count(*) from basket) as baskets,
                 (select count(*) from (select from basket_article where article = ${article} limit ${maxBaskets}) l)
                   as looked`,
        sql<Count>`
          with looked as (
            select number from basket_article where article = ${article} order by number desc limit ${maxBaskets}),
          candidate as (
            select other.article, count(*) as together
              from looked join basket_article other using (number)
             where other.article <> ${article}
             group by other.article order by together desc, other.article limit ${maxCandidates})
          select article, together,
                 (select count(*) from basket_article b where b.article = candidate.article) as "withIt"
            from candidate`,
      ]);
      const { baskets, looked } = all!;
      return { article, alike: looked === 0 ? [] : rankByLift(counts, looked, baskets, limit) };
    },
  },
  react: [learn],
});
