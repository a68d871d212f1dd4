import { failed, service } from "kerf";
import { bookshop } from "../../foreign/bookshop.ts";
import { desk } from "./contract.ts";

// #region call
export default service(
  desk,
  { uses: [bookshop] },
  {
    handle: {
      async buy({ isbn, copies }, { call, fail }) {
        const { cents } = await call(bookshop.getBook, { isbn });
        try {
          const { id } = await call(bookshop.placeOrder, { isbn, copies });
          return { order: id, cents: cents * copies };
        } catch (error) {
          if (failed(error, bookshop.placeOrder, "TooFewCopies"))
            throw fail("SoldOut", { left: error.data.left });
          throw error;
        }
      },
    },
  },
);
// #endregion
