import { useEffect, useRef, useState } from "preact/hooks";
import { forgetCart, useCart } from "../cart.ts";
import { go, type Place } from "../route.ts";
import { logIn, logOut, usePerson } from "../session.ts";

export function Header({ place }: { readonly place: Place }) {
  const cart = useCart();
  const pieces = cart?.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0;
  return (
    <header class="top">
      <a class="brand" href="/" aria-label="Kerf & Daughters, to the shop">
        <Logo />
        <span>Kerf &amp; Daughters</span>
      </a>
      <Search words={place.path === "/" ? (place.search.get("search") ?? "") : ""} />
      <nav aria-label="You">
        <Account />
        <a class="cart-link" href="/cart" aria-label={`Cart, ${pieces} ${pieces === 1 ? "piece" : "pieces"}`}>
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path
              fill="none"
              stroke="currentColor"
              stroke-width="1.800"
              stroke-linejoin="round"
              d="M5 8h14l1.200 12H3.800Zm4 0V7a3 3 0 0 1 6 0v1"
            />
          </svg>
          {pieces > 0 && <span class="count">{pieces}</span>}
        </a>
      </nav>
    </header>
  );
}

function Search({ words }: { readonly words: string }) {
  const [text, setText] = useState(words);
  const later = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(words), [words]);
  function find(what: string, replace: boolean): void {
    clearTimeout(later.current);
    go(what.trim() === "" ? "/" : `/?search=${encodeURIComponent(what.trim())}`, { replace });
  }
  return (
    <form
      role="search"
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        find(text, false);
      }}
    >
      <input
        type="search"
        name="search"
        aria-label="Search the shop"
        placeholder="Hearts, robins, lanterns…"
        maxLength={200}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          clearTimeout(later.current);
          // Where the visitor sees the result already, it follows the typing.
          if (location.pathname === "/") later.current = setTimeout(() => find(value, true), 200);
        }}
      />
      <button class="quiet" aria-label="Search">
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
          <path
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            d="M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13Zm5 11.500L21 21"
          />
        </svg>
      </button>
    </form>
  );
}

function Account() {
  const person = usePerson();
  if (person === undefined) return null;
  if (person === null)
    return (
      <button class="quiet" onClick={() => void logIn()}>
        Log in
      </button>
    );
  return (
    <>
      <span class="soft person">{person.name}</span>
      <a href="/orders">Orders</a>
      <button
        class="quiet"
        onClick={() => {
          forgetCart();
          void logOut();
        }}
      >
        Log out
      </button>
    </>
  );
}

export function Footer() {
  return (
    <footer>
      <p>
        An example of Kerf. The bank and the carrier are simulated: nothing is charged, and nothing is sent.
      </p>
    </footer>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 64 64" width="32" height="32" aria-hidden="true">
      <rect width="64" height="64" rx="14" fill="currentColor" />
      <path
        class="logo-heart"
        d="M32 49C18 40 12 33 12 25.500a9.500 9.500 0 0 1 20-4.500 9.500 9.500 0 0 1 20 4.500C52 33 46 40 32 49Z"
      />
    </svg>
  );
}
