import type { Handler } from "kerf";
import { catalog } from "./contract.ts";
import type { wants } from "./needs.ts";

export const registerArticles: Handler<typeof catalog.registerArticles, typeof wants> = async (
  input,
  { sql, emit, id },
) => {
  // The last of a code counts. Sorted, so that two imports wait for each other instead of deadlocking.
  const byCode = new Map(input.articles.map((article) => [article.code, article]));
  const articles = [...byCode.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const changed = await sql<{ code: string }>`
    insert into article (code, name, description)
    select * from unnest(
      ${articles.map((a) => a.code)}::text[],
      ${articles.map((a) => a.name)}::text[],
      ${articles.map((a) => a.description)}::text[])
    on conflict (code) do update set name = excluded.name, description = excluded.description
     where (article.name, article.description) is distinct from (excluded.name, excluded.description)
    returning code`;
  if (changed.length > 0) emit(catalog.changed, { importId: id, articles: changed.map(({ code }) => code) });
  return { registered: articles.length };
};

export const registerOffers: Handler<typeof catalog.registerOffers, typeof wants> = async (
  input,
  { sql, emit, id, fail },
) => {
  const offers = input.offers.toSorted((a, b) => (a.offerId < b.offerId ? -1 : 1));
  const given = sql.fragment`unnest(
      ${offers.map((o) => o.offerId)}::text[],
      ${offers.map((o) => o.article)}::text[],
      ${offers.map((o) => o.pence)}::bigint[]) as given (offer_id, article, pence)`;
  const [stranger] = await sql<{ article: string }>`
    select article from ${given} where not exists (select from article where code = given.article) limit 1`;
  if (stranger) throw fail("UnknownArticle", stranger);
  const added = await sql<{ article: string }>`
    insert into offer (offer_id, article, pence) select * from ${given}
    on conflict (offer_id) do nothing
    returning article`;
  const [taken] = await sql<{ offerId: string }>`
    select offer_id as "offerId" from ${given} join offer using (offer_id)
     where (offer.article, offer.pence) <> (given.article, given.pence) limit 1`;
  if (taken) throw fail("OfferTaken", taken);
  const articles = [...new Set(added.map(({ article }) => article))];
  if (articles.length > 0) emit(catalog.changed, { importId: id, articles });
  return { registered: added.length };
};
