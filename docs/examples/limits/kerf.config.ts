import { app } from "kerf";

// #region app
export default app("box-office", {
  services: { boxOffice: () => import("./service.ts") },
  topologies: { monolith: { all: "*" } },
  gateway: {
    limits: {
      strangers: { rate: "1200/m", burst: "100/s" },
      known: { rate: "6000/m" },
    },
  },
});
// #endregion
