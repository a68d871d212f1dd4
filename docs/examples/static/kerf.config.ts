import { app } from "kerf";

export default app("box-office", {
  services: { shows: () => import("../services/service.ts") },
  topologies: { monolith: { all: "*" } },
  // #region static
  gateway: {
    static: {
      dir: new URL("./web/dist/", import.meta.url),
      fallback: "index.html",
      csp: { "img-src": ["https://posters.example"] },
    },
  },
  // #endregion
});
