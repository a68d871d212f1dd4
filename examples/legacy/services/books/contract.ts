import { contract, query } from "kerf";
import { z } from "zod";

export const books = contract("books", {
  version: 1,
  book: query({
    http: "GET /books/:isbn",
    access: "public",
    input: z.object({ isbn: z.string().max(13) }),
    output: z.object({ isbn: z.string(), title: z.string(), cents: z.int(), left: z.int() }),
    errors: { NoSuchBook: z.object({ isbn: z.string() }) },
  }),
});
