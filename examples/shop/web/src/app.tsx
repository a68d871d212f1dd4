import { useEffect } from "preact/hooks";
import { Footer, Header } from "./parts/frame.tsx";
import { Notice } from "./parts/notice.tsx";
import { CallbackPage } from "./pages/callback.tsx";
import { CartPage } from "./pages/cart.tsx";
import { CheckOutPage } from "./pages/check-out.tsx";
import { OrderPage } from "./pages/order.tsx";
import { OrdersPage } from "./pages/orders.tsx";
import { ProductView } from "./pages/product.tsx";
import { SearchPage } from "./pages/search.tsx";
import { usePlace, type Place } from "./route.ts";

export function App() {
  const place = usePlace();
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Header place={place} />
      <main id="content" tabIndex={-1}>
        <Page {...place} />
      </main>
      <Footer />
    </>
  );
}

function Page({ path, search }: Place) {
  const [, first = "", second, ...more] = path.split("/");
  const id = second === undefined ? undefined : decoded(second);
  if (more.length > 0) return <NotFound />;
  if (id === undefined) {
    if (first === "") return <SearchPage words={search.get("search") ?? ""} page={pageOf(search)} />;
    if (first === "cart") return <CartPage />;
    if (first === "check-out") return <CheckOutPage />;
    if (first === "orders") return <OrdersPage />;
    if (first === "callback") return <CallbackPage />;
  } else {
    if (first === "products") return <ProductView key={id} code={id} />;
    if (first === "orders") return <OrderPage key={id} orderId={id} />;
  }
  return <NotFound />;
}

function NotFound() {
  useEffect(() => void (document.title = "Not here · Kerf & Daughters"), []);
  return (
    <Notice title="There is nothing here">
      <a href="/">To the shop</a>
    </Notice>
  );
}

function pageOf(search: URLSearchParams): number {
  const page = Number(search.get("page") ?? 1);
  return Number.isInteger(page) && page >= 1 && page <= 500 ? page : 1;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
