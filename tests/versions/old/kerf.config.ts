import { app } from "kerf";

/** The test gives each run databases of its own. */
export default app(process.env["TEST_APP"] ?? "versions", {
  services: {
    till: () => import("./services/till/service.ts"),
    stats: () => import("./services/stats/service.ts"),
  },
  topologies: { split: { till: ["till"], stats: ["stats"] } },
});
