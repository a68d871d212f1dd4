import { useState } from "preact/hooks";
import { Picture } from "../art/picture.tsx";
import { useLoaded } from "../loaded.ts";
import { price } from "../money.ts";
import { AddToCart } from "../parts/add-to-cart.tsx";
import { Failure } from "../parts/notice.tsx";
import { product, productPage, type ProductPage } from "../shop.ts";
import { useTitle } from "../title.ts";

export function ProductView({ code }: { readonly code: string }) {
  const [quantity, setQuantity] = useState(1);
  const state = useLoaded((signal) => productPage(code, signal), [code]);
  const found = state.kind === "there" ? state.value : undefined;
  useTitle(found?.name);
  if (state.kind === "failed") return <Failure error={state.error} />;
  if (!found) return <p class="soft">Looking…</p>;
  const { name, description, offer, alike } = found;
  return (
    <>
      <article class="product">
        <Picture name={name} />
        <div>
          <h1>{name}</h1>
          <p class="soft small">{code}</p>
          {offer && <p class="price large">{price(offer.pence)}</p>}
          <p>{description}</p>
          <Stock page={found} />
          {offer && (
            <div class="row start">
              <label class="quantity">
                <span class="soft small">Pieces</span>
                <input
                  type="number"
                  min={1}
                  max={999}
                  value={quantity}
                  onInput={({ currentTarget: { valueAsNumber: given } }) =>
                    setQuantity(Number.isInteger(given) ? Math.min(999, Math.max(1, given)) : 1)
                  }
                />
              </label>
              <AddToCart offerId={offer.offerId} name={name} quantity={quantity} />
            </div>
          )}
        </div>
      </article>
      {alike.length > 0 && (
        <section aria-labelledby="alike">
          <h2 id="alike">Bought together</h2>
          <ul class="grid small-cards">
            {alike.map((each) => (
              <Alike key={each} code={each} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Stock({ page: { available, parts } }: { readonly page: ProductPage }) {
  // The page comes without what its service cannot tell at the moment.
  if (parts.stock !== "ok" || available === undefined) return null;
  if (available === 0) return <p class="bad">Sold out</p>;
  return <p class="good">{available < 10 ? `Only ${available} left` : "In stock"}</p>;
}

function Alike({ code }: { readonly code: string }) {
  const state = useLoaded((signal) => product(code, signal), [code]);
  if (state.kind !== "there") return null;
  return (
    <li class="card">
      <a href={`/products/${code}`}>
        <Picture name={state.value.name} />
        <span class="name">{state.value.name}</span>
      </a>
    </li>
  );
}
