import { app } from "kerf";

export default app(process.env["TEST_APP"] ?? "releases", {
  services: { catalog: () => import("./catalog.ts"), shop: () => import("../shop.ts") },
  topologies: { split: { front: ["shop", "gateway"], back: ["catalog"] } },
});
