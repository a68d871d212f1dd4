import { Router, json, type Request } from "express";
import { books } from "./books.ts";
import { tell } from "./events.ts";

interface Order {
  readonly id: string;
  readonly isbn: string;
  readonly copies: number;
  readonly gift: boolean;
}

/** The JSON API. Orders need a key, and are made once for each Idempotency-Key. */
export function api(): Router {
  const router = Router();
  const orders = new Map<string, Order>();
  const answered = new Map<string, Order>();

  router.get("/books", (request, response) => {
    const { title, limit } = request.query as { title?: string; limit?: string };
    const found = books.filter((book) => book.title.includes(title ?? ""));
    response.json({ books: found.slice(0, Number(limit ?? 20)) });
  });
  router.get("/books/:isbn", (request, response) => {
    const book = books.find(({ isbn }) => isbn === request.params.isbn);
    if (book) response.json(book);
    else response.status(404).json({ message: "no such book" });
  });
  router.use(json());
  router.post("/orders", (request, response) => {
    if (!isKnown(request)) return void response.status(401).json({ message: "a key is missing" });
    const key = request.get("Idempotency-Key");
    const before = key === undefined ? undefined : answered.get(key);
    if (before) return void response.status(201).json(before);
    const { isbn, copies, gift = false } = request.body as Partial<Order>;
    const book = books.find((each) => each.isbn === isbn);
    if (!book || !copies) return void response.status(400).json({ message: "isbn and copies are needed" });
    if (book.left < copies) return void response.status(409).json({ isbn, left: book.left });
    const order: Order = { id: String(orders.size + 1), isbn: book.isbn, copies, gift };
    orders.set(order.id, order);
    if (key !== undefined) answered.set(key, order);
    tell(`order ${order.id}`);
    response.status(201).json(order);
  });
  router.get("/orders/:id", (request, response) => {
    if (!isKnown(request)) return void response.status(401).json({ message: "a key is missing" });
    const order = orders.get(request.params.id);
    if (order) response.json(order);
    else response.status(404).json({ message: "no such order" });
  });
  router.delete("/orders/:id", (request, response) => {
    orders.delete(request.params.id);
    response.status(204).end();
  });
  return router;
}

function isKnown(request: Request): boolean {
  return request.get("Authorization") === "Bearer bookshop-key";
}
