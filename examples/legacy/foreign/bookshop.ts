// Made by `kerf adopt openapi`. It is yours: read it, and change what does not fit.
import { command, contract, http, query } from "kerf";
import { z } from "zod";

const book = z.object({ isbn: z.string(), title: z.string(), cents: z.int(), left: z.int() });

const order = z.object({ id: z.string(), isbn: z.string(), copies: z.int(), gift: z.boolean() });

export const bookshop = contract("bookshop", {
  version: 2,
  listBooks: query({
    description: "Books whose title has a text in it.",
    input: z.object({ title: z.string().max(100).optional(), limit: z.int().min(1).max(50).optional() }),
    output: z.object({ books: z.array(book) }),
  }),
  getBook: query({
    input: z.object({ isbn: z.string().regex(new RegExp("^[0-9]{13}$", "u")) }),
    output: book,
    errors: { NotFound: z.object({ message: z.string() }) },
  }),
  placeOrder: command({
    description: "Orders copies of one book.",
    input: z.object({ isbn: z.string(), copies: z.int().min(1), gift: z.boolean().optional() }),
    output: order,
    errors: { TooFewCopies: z.object({ isbn: z.string(), left: z.int() }) },
  }),
  getOrder: query({
    input: z.object({ id: z.string() }),
    output: order,
    errors: { NotFound: z.object({ message: z.string() }) },
  }),
  forgetOrder: command({
    input: z.object({ id: z.string() }),
  }),
});

/** Where it is, and how it is asked: `foreign` of the app. */
export const bookshopService = http(bookshop, {
  url: "http://127.0.0.1:3000/api",
  auth: "bearer",
  operations: {
    listBooks: { route: "GET /books", query: ["title", "limit"] },
    getBook: { route: "GET /books/{isbn}", errors: { 404: "NotFound" } },
    placeOrder: { route: "POST /orders", idempotencyKey: "Idempotency-Key", errors: { 409: "TooFewCopies" } },
    getOrder: { route: "GET /orders/{id}", errors: { 404: "NotFound" } },
    forgetOrder: { route: "DELETE /orders/{id}" },
  },
});
