import { app } from "kerf";

// #region one
export default app("bookshop", {
  services: { books: () => import("./services/books/service.ts") },
  topologies: { monolith: { bookshop: "*" } },
  gateway: { legacy: { url: "http://127.0.0.1:3000", contractsBelow: { "/api": 1 } } },
});
// #endregion
