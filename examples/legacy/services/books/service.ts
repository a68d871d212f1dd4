import { service } from "kerf";
import { books } from "./contract.ts";

const titles = new Map([
  ["9780141439600", { title: "A Tale of Two Cities", cents: 899, left: 4 }],
  ["9780141439518", { title: "Pride and Prejudice", cents: 799, left: 11 }],
]);

export default service(
  books,
  {},
  {
    handle: {
      async book({ isbn }, { fail }) {
        const found = titles.get(isbn);
        if (!found) throw fail("NoSuchBook", { isbn });
        return { isbn, ...found };
      },
    },
  },
);
