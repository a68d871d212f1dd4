import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { command, contract, DeclaredError, http, query, StatusError, type HttpServiceSpec } from "kerf";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { processClock } from "../clock/process-clock.ts";
import { foreignClient, type ForeignClient } from "./foreign-calls.ts";

const books = contract("books", {
  version: 1,
  book: query({
    input: z.object({
      isbn: z.string(),
      tags: z.array(z.string()).optional(),
      tenant: z.string().optional(),
    }),
    output: z.object({ title: z.string(), kind: z.enum(["novel", "unknown"]).optional() }),
    errors: { NoSuchBook: z.object({ message: z.string() }) },
  }),
  list: query({ output: z.object({ items: z.array(z.string()) }) }),
  order: command({
    input: z.object({ isbn: z.string(), copies: z.int().min(1) }),
    output: z.object({ id: z.string() }),
  }),
  forget: command({ input: z.object({ id: z.string() }) }),
});

const operations: HttpServiceSpec["operations"] = {
  book: {
    route: "GET /books/{isbn}",
    query: ["tags"],
    headers: { tenant: "X-Tenant" },
    errors: { 404: "NoSuchBook" },
  },
  list: { route: "GET /list", answer: "items" },
  order: { route: "POST /orders", idempotencyKey: "Idempotency-Key" },
  forget: { route: "DELETE /orders/{id}" },
};

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A service that answers as the test says, and what was asked of it. */
async function serve(answers: readonly Answer[] | Answer, spec: Partial<HttpServiceSpec> = {}) {
  const asked: { line: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  const listener: RequestListener = async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    const answer =
      typeof answers === "function" ? answers : answers[Math.min(asked.length, answers.length) - 1]!;
    answer(request, response, body);
  };
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  const client = await foreignClient(
    http(books, { url, operations, ...spec }),
    { KERF_BOOKS_KEY: "s3cret" },
    processClock,
  );
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((done) => server.close(done));
  };
  closing.push(() => client.close(), close);
  return { client, asked, close };
}

const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(value));

let calls = 0;
function ask(
  client: ForeignClient,
  member: "book" | "list" | "order" | "forget",
  input: object,
  {
    timeoutMs = 2_000,
    signal,
    retry = false,
  }: { timeoutMs?: number; signal?: AbortSignal; retry?: boolean } = {},
): Promise<unknown> {
  const { id, kind } = books[member];
  const header = {
    id: kind === "command" ? `command-${++calls}` : undefined,
    deadlineAt: Date.now() + timeoutMs,
    caller: "shop",
    actor: undefined,
    via: "call" as const,
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    retry,
  };
  return client.call({ member: id, input, header }, signal);
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (error: unknown) =>
      error instanceof StatusError || error instanceof DeclaredError ? error.code : String(error),
  );

describe("a call of a foreign service", () => {
  it("is asked as the operation says, with the trace and the key", async () => {
    const { client, asked } = await serve(json({ title: "Emma", more: 1, kind: "play" }), { auth: "bearer" });
    const book = await ask(client, "book", { isbn: "a/b ü?", tags: ["x&y", "z"], tenant: "t1", other: 1 });
    expect(book).toEqual({ title: "Emma", kind: "unknown" });
    expect(asked[0]!.line).toBe("GET /api/books/a%2Fb%20%C3%BC%3F?tags=x%26y&tags=z");
    expect(asked[0]!.headers).toMatchObject({
      authorization: "Bearer s3cret",
      "x-tenant": "t1",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    });
  });

  it("sends a body, and takes an answer that is no object or none at all", async () => {
    const { client, asked } = await serve([
      json({ id: "7" }, 201),
      json(["a", "b"]),
      (_request, response) => void response.writeHead(204).end(),
    ]);
    expect(await ask(client, "order", { isbn: "1", copies: 2 })).toEqual({ id: "7" });
    expect([asked[0]!.body, asked[0]!.headers["content-type"]]).toEqual([
      '{"isbn":"1","copies":2}',
      "application/json",
    ]);
    expect(await ask(client, "list", {})).toEqual({ items: ["a", "b"] });
    expect(await ask(client, "forget", { id: "7" })).toEqual({});
  });

  it("leads nowhere but below its path", async () => {
    const { client, asked } = await serve(json({ title: "x" }));
    for (const isbn of ["..", ".", ""])
      expect(await codeOf(ask(client, "book", { isbn }))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(ask(client, "book", { isbn: "1", tenant: "a\r\nX-Admin: 1" }))).toBe(
      "INVALID_ARGUMENT",
    );
    expect(await codeOf(ask(client, "order", { isbn: "1", copies: 0 }))).toBe("INVALID_ARGUMENT");
    expect(asked).toEqual([]);
  });

  it("makes a documented refusal a declared error, where it fits", async () => {
    const { client } = await serve([json({ message: "none", secret: 1 }, 404), json({ other: 1 }, 404)]);
    await expect(ask(client, "book", { isbn: "1" })).rejects.toMatchObject({
      code: "NoSuchBook",
      data: { message: "none" },
      member: "books@1.book",
    });
    expect(await codeOf(ask(client, "book", { isbn: "1" }))).toBe("NOT_FOUND");
  });

  it.each([
    [400, "INVALID_ARGUMENT"],
    [401, "INTERNAL"],
    [403, "INTERNAL"],
    [409, "FAILED_PRECONDITION"],
    [418, "INTERNAL"],
    [301, "INTERNAL"],
    [500, "INTERNAL"],
    [501, "UNIMPLEMENTED"],
  ])("makes %i of it %s, once, and repeats nothing that was written", async (status, code) => {
    const { client, asked } = await serve(
      json({ message: "at 10.0.0.7" }, status, { location: "http://127.0.0.1:1/" }),
      {
        auth: { header: "X-Api-Key" },
      },
    );
    const error = await ask(client, "book", { isbn: "1" }).catch((thrown: StatusError) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toMatch(/10\.0\.0\.7|s3cret/);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.headers["x-api-key"]).toBe("s3cret");
  });
});

describe("a foreign service that fails", () => {
  const down = json({}, 503);

  it("is asked again for queries, and for commands that it makes once for each key", async () => {
    const first = await serve([down, down, json({ title: "Emma" })]);
    expect(await ask(first.client, "book", { isbn: "1" })).toEqual({ title: "Emma" });
    expect(first.asked).toHaveLength(3);
    const second = await serve([down, json({ id: "7" })]);
    expect(await ask(second.client, "order", { isbn: "1", copies: 1 })).toEqual({ id: "7" });
    const keys = second.asked.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(keys[0]).toMatch(/^command-/);
  });

  it("is not asked again for other commands, nor by a call that is a repetition", async () => {
    const { client, asked } = await serve(down);
    expect(await codeOf(ask(client, "forget", { id: "1" }))).toBe("UNAVAILABLE");
    expect(await codeOf(ask(client, "book", { isbn: "1" }, { retry: true }))).toBe("UNAVAILABLE");
    expect(asked).toHaveLength(2);
  });

  it("is waited for no longer than a try may take, or the caller has", async () => {
    const { client } = await serve(() => {}, { timeouts: { answerMs: 100 } });
    const started = Date.now();
    expect(await codeOf(ask(client, "book", { isbn: "1" }))).toBe("DEADLINE_EXCEEDED");
    expect(await codeOf(ask(client, "book", { isbn: "1" }, { timeoutMs: 60 }))).toBe("DEADLINE_EXCEEDED");
    expect(Date.now() - started).toBeLessThan(1_500);
    expect(await codeOf(ask(client, "book", { isbn: "1" }, { timeoutMs: 1 }))).toBe("DEADLINE_EXCEEDED");
  });

  it("is given up with its caller", async () => {
    const gone = Promise.withResolvers<void>();
    const caller = new AbortController();
    const { client } = await serve((request) => {
      request.socket.once("close", () => gone.resolve());
      caller.abort(new StatusError("CANCELLED", "the client went away"));
    });
    expect(await codeOf(ask(client, "book", { isbn: "1" }, { signal: caller.signal }))).toBe("CANCELLED");
    await gone.promise;
  });

  const rubbish: [string, Answer, RegExp][] = [
    [
      "HTML",
      (_q, response) => void response.setHeader("content-type", "text/html").end("<p>"),
      /not JSON \(text\/html\)/,
    ],
    [
      "broken JSON",
      (_q, response) => void response.setHeader("content-type", "application/json").end("{"),
      /not JSON/,
    ],
    ["another shape", json({ title: 7 }), /title must be text|does not fit/],
    ["too much", json({ title: "x".repeat(2_000) }), /more than is read/],
    [
      "half an answer",
      (_q, response) =>
        void response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy()),
      /cannot be reached/,
    ],
    ["another protocol", (request) => void request.socket.end("hello\r\n\r\n"), /cannot be/],
  ];
  it.each(rubbish)("with %s is a failure that says so", async (_what, answer, text) => {
    const { client } = await serve(answer, { answerBytes: 1_000 });
    await expect(ask(client, "book", { isbn: "1" }, { retry: true })).rejects.toThrow(text);
  });

  it("is left alone when it fails too often, and says when it may be asked again", async () => {
    const { client, asked, close } = await serve(json({ title: "x" }));
    await ask(client, "book", { isbn: "1" });
    await close();
    const codes = new Set<string>();
    for (let i = 0; i < 21; i++) codes.add(await codeOf(ask(client, "book", { isbn: "1" }, { retry: true })));
    expect([...codes]).toEqual(["UNAVAILABLE"]);
    await expect(ask(client, "book", { isbn: "1" })).rejects.toThrow("nothing was sent");
    expect(asked).toHaveLength(1);
  });
});

describe("what a foreign service needs", () => {
  const client = (environment: Record<string, string>, spec: Partial<HttpServiceSpec> = {}) =>
    foreignClient(http(books, { url: "http://127.0.0.1:1", operations, ...spec }), environment, processClock);

  it("is checked at start", async () => {
    await expect(client({}, { auth: "bearer" })).rejects.toThrow("KERF_BOOKS_KEY: is not set");
    await expect(client({ KERF_BOOKS_KEY: "a\nb" }, { auth: "basic" })).rejects.toThrow("printable ASCII");
    await expect(client({ KERF_BOOKS_KEY_FILE: "/nowhere" }, { auth: "basic" })).rejects.toThrow(
      "cannot be read",
    );
    await expect(client({ KERF_BOOKS_URL: "http://169.254.169.254" })).rejects.toThrow("KERF_BOOKS_URL");
    await expect(client({}, { url: "ftp://x" })).rejects.toThrow("foreign.books.url");
  });

  it.each([
    [{ operations: {} }, 'has none for "book"'],
    [{ operations: { ...operations, x: operations["list"]! } }, "is no member"],
    [{ operations: { ...operations, book: { route: "GET /books/{isbm}" } } }, 'did you mean "isbn"'],
    [{ operations: { ...operations, book: { route: "GET /books/{isbn}" } } }, "goes nowhere"],
    [
      { operations: { ...operations, book: { ...operations["book"]!, errors: { 404: "Gone" } } } },
      "no declared error",
    ],
    [
      { operations: { ...operations, book: { ...operations["book"]!, headers: { tenant: "Host" } } } },
      "may be set",
    ],
    [{ operations: { ...operations, list: { route: "FETCH /x" } } }, "no route"],
  ])("is refused where it does not fit: %#", (spec, problem) => {
    expect(() => http(books, { url: "http://a", operations, ...(spec as object) })).toThrow(problem);
  });
});
