import { app } from "kerf";
import { bookshopService } from "./foreign/bookshop.ts";

// #region after
export default app("bookshop", {
  services: {
    books: () => import("./services/books/service.ts"),
    desk: () => import("./services/desk/service.ts"),
  },
  topologies: { monolith: { bookshop: "*" }, micro: "each" },
  gateway: { legacy: { url: "http://127.0.0.1:3000", contractsBelow: { "/api": 1 } } },
  foreign: { bookshop: bookshopService },
});
// #endregion
