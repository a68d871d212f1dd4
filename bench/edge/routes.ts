/** What every contender serves: routes of the shop and a trivial one, answered from memory, so that the edge is what differs. */
import { jsonSchema } from "@kerf/runtime/validate";
import { catalog } from "../../examples/shop/services/catalog/contract.ts";
import { orders } from "../../examples/shop/services/orders/contract.ts";
import { z } from "zod";

const Nothing = z.object({});
const Pong = z.object({ ok: z.boolean() });

export interface EdgeRoute {
  readonly name: "trivial" | "read" | "write";
  readonly method: "GET" | "POST";
  /** Below `/v1`, and below `/v1/mine` where one must be known. */
  readonly path: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  answer(input: any): unknown;
}

const product = {
  name: "WHITE HANGING HEART T-LIGHT HOLDER",
  description: "A heart of white metal that holds a tea light, to be hung where there is a draught or none.",
  offer: { offerId: "85123A-1", pence: 255 },
};
const placed = { orderId: "7f8f3a52-6d3c-4f6c-9d43-25f1f7d24c0e", number: 536365, state: "pending" as const };

/** A read and a write of the shop with its own schemas, and one that has nothing to validate. */
export const routes: readonly EdgeRoute[] = [
  {
    name: "trivial",
    method: "GET",
    path: "/ping",
    input: Nothing,
    output: Pong,
    answer: () => ({ ok: true }),
  },
  {
    name: "read",
    method: "GET",
    path: "/products/:code",
    input: catalog.product.input as z.ZodObject,
    output: catalog.product.output as unknown as z.ZodObject,
    answer: ({ code }: { code: string }) => ({ code, ...product }),
  },
  {
    name: "write",
    method: "POST",
    path: "/orders",
    input: orders.place.input as z.ZodObject,
    output: orders.place.output as z.ZodObject,
    answer: ({ lines }: { lines: readonly { quantity: number }[] }) => ({
      ...placed,
      totalPence: lines.reduce((sum, { quantity }) => sum + quantity * 255, 0),
    }),
  },
];

/** The route with a prefix: those below `/v1/mine` are for people who are known. */
export function pathsOf({ path }: EdgeRoute): readonly { readonly path: string; readonly known: boolean }[] {
  return [
    { path: `/v1${path}`, known: false },
    { path: `/v1/mine${path}`, known: true },
  ];
}

export function schemasOf({ input, output }: EdgeRoute): { readonly input: object; readonly output: object } {
  return { input: jsonSchema(input, "input"), output: jsonSchema(output, "output") };
}

/** What is asked, of a route, in turn. */
export const requests: Readonly<
  Record<EdgeRoute["name"], { readonly paths: readonly string[]; readonly body?: string }>
> = {
  trivial: { paths: ["/ping"] },
  // As of a catalogue: who answers may remember something of an answer, but not of one answer only.
  read: { paths: Array.from({ length: 200 }, (_, i) => `/products/${84_000 + i}A`) },
  write: {
    paths: ["/orders"],
    body: JSON.stringify({
      lines: ["85123A-1", "71053-1", "84406B-1"].map((offerId) => ({ offerId, quantity: 6 })),
      address: {
        name: "Ann Smith",
        email: "ann@example.com",
        lines: ["1 High Street", "London"],
        country: "United Kingdom",
      },
    }),
  },
};
