import type { Output } from "kerf";
import { useState } from "preact/hooks";
import type { users } from "../../../services/users/contract.ts";
import { ask, Problem } from "../ask.ts";
import { checkOut, useCart } from "../cart.ts";
import { useLoaded } from "../loaded.ts";
import { price } from "../money.ts";
import { Failure, Notice } from "../parts/notice.tsx";
import { go } from "../route.ts";
import { logIn, usePerson, type Person } from "../session.ts";
import { useTitle } from "../title.ts";

type Address = Output<typeof users.get>["address"];

export function CheckOutPage() {
  useTitle("Check out");
  const person = usePerson();
  const cart = useCart();
  if (person === undefined) return null;
  if (person === null)
    return (
      <Notice title="Who is it for?">
        <p>Log in to order what is in your cart.</p>
        <button class="primary" onClick={() => void logIn()}>
          Log in
        </button>
      </Notice>
    );
  if (!cart || cart.lines.length === 0)
    return (
      <Notice title="Your cart is empty">
        <a href="/">Find something</a>
      </Notice>
    );
  return <Confirm person={person} totalPence={cart.totalPence} pieces={cart.lines.length} />;
}

interface ConfirmProps {
  readonly person: Person;
  readonly totalPence: number;
  readonly pieces: number;
}

function Confirm({ person, totalPence, pieces }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const known = useLoaded((signal) => registered(person, signal), [person.id]);
  async function order(address: Address | undefined): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      if (address) await register(person, address);
      const done = await checkOut();
      if ("orderId" in done) return go(`/orders/${done.orderId}`, { replace: true });
      setProblem(done.problem);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  }
  if (known.kind === "failed") return <Failure error={known.error} />;
  return (
    <div class="narrow">
      <h1>Check out</h1>
      <p class="total">
        <span>
          {pieces} {pieces === 1 ? "article" : "articles"}
        </span>
        <strong>{price(totalPence)}</strong>
      </p>
      {known.kind === "there" && (
        <form
          class="panel"
          onSubmit={(event) => {
            event.preventDefault();
            void order(known.value ? undefined : addressOf(new FormData(event.currentTarget)));
          }}
        >
          <h2>{known.value ? "It goes to" : "Where does it go?"}</h2>
          {known.value ? <Known address={known.value} /> : <Fields name={person.name} />}
          {problem !== undefined && (
            <p class="bad" role="alert">
              {problem}
            </p>
          )}
          <button class="primary" disabled={busy}>
            {busy ? "Ordering…" : `Order for ${price(totalPence)}`}
          </button>
        </form>
      )}
    </div>
  );
}

/** The address that somebody registered; undefined for who has not. */
async function registered({ id }: Person, signal: AbortSignal): Promise<Address | undefined> {
  try {
    const { address } = await ask<Output<typeof users.get>>(`/users/${encodeURIComponent(id)}`, { signal });
    return address;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return undefined;
    throw error;
  }
}

async function register({ name }: Person, address: Address): Promise<void> {
  await ask("/users", { method: "POST", body: { name, address } });
}

function Known({ address: { name, lines, country } }: { readonly address: Address }) {
  return (
    <address>
      {[name, ...lines, country].map((line) => (
        <span key={line}>{line}</span>
      ))}
    </address>
  );
}

function Fields({ name }: { readonly name: string }) {
  return (
    <div class="fields">
      <label>
        Name
        <input name="name" required maxLength={120} autoComplete="name" defaultValue={name} />
      </label>
      <label>
        E-mail
        <input name="email" type="email" required maxLength={254} autoComplete="email" />
      </label>
      <label>
        Address
        <textarea name="lines" required rows={3} autoComplete="street-address" />
      </label>
      <label>
        Country
        <input
          name="country"
          required
          maxLength={60}
          autoComplete="country-name"
          defaultValue="United Kingdom"
        />
      </label>
    </div>
  );
}

function addressOf(form: FormData): Address {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const lines = text("lines")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return { name: text("name"), email: text("email"), lines, country: text("country") };
}
