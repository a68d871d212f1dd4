import { motifs } from "../art/motifs.tsx";
import { Picture } from "../art/picture.tsx";
import { shown, useLoaded } from "../loaded.ts";
import { price } from "../money.ts";
import { AddToCart } from "../parts/add-to-cart.tsx";
import { Failure } from "../parts/notice.tsx";
import { pageSize, search, type Product } from "../shop.ts";
import { useTitle } from "../title.ts";

export function SearchPage({ words, page }: { readonly words: string; readonly page: number }) {
  useTitle(words === "" ? undefined : words);
  const state = useLoaded((signal) => search(words, page, signal), [words, page]);
  const found = shown(state);
  if (state.kind === "failed") return <Failure error={state.error} />;
  return (
    <>
      {words === "" && page === 1 ? (
        <Hero />
      ) : (
        <h1 class="results">{words === "" ? "Everything" : `“${words}”`}</h1>
      )}
      <p class="soft" role="status">
        {found && (found.total === 1 ? "1 article" : `${found.total} articles`)}
        {found?.total === 0 && ". Try another word, such as heart, robin or lantern."}
      </p>
      <ul class="grid" aria-busy={state.kind === "loading"}>
        {found?.products.map((product) => (
          <Card key={product.code} product={product} />
        ))}
      </ul>
      {found && <Pages words={words} page={page} last={Math.max(1, Math.ceil(found.total / pageSize))} />}
    </>
  );
}

function Hero() {
  return (
    <section class="hero">
      <h1>Small things, made with care</h1>
      <p>Hearts, robins, lighthouses and bees, painted by hand on things that are useful.</p>
      <ul class="designs" aria-label="Designs">
        {motifs.map(({ name, ground, ink, draw }) => (
          <li key={name}>
            <a href={`/?search=${encodeURIComponent(name)}`}>
              <svg viewBox="-12 -12 56 56" aria-hidden="true">
                <circle cx="16" cy="16" r="28" fill={ground} />
                {draw(ink)}
              </svg>
              <span>{name}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ product: { code, name, offer } }: { readonly product: Product }) {
  return (
    <li class="card">
      <a href={`/products/${code}`}>
        <Picture name={name} />
        <span class="name">{name}</span>
      </a>
      <div class="row">
        <span class="price">{offer ? price(offer.pence) : "Not for sale"}</span>
        {offer && <AddToCart offerId={offer.offerId} name={name} />}
      </div>
    </li>
  );
}

function Pages({
  words,
  page,
  last,
}: {
  readonly words: string;
  readonly page: number;
  readonly last: number;
}) {
  if (last === 1) return null;
  const to = (number: number) =>
    `/?${new URLSearchParams({ ...(words === "" ? {} : { search: words }), page: String(number) })}`;
  return (
    <nav class="pages" aria-label="Pages">
      {page > 1 ? <a href={to(page - 1)}>← Before</a> : <span />}
      <span class="soft">
        Page {page} of {last}
      </span>
      {page < last ? <a href={to(page + 1)}>Next →</a> : <span />}
    </nav>
  );
}
