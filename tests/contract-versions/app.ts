import { app } from "kerf";

export default app("shelves", {
  services: {
    catalog: () => import("./catalog/service.ts"),
    shelf: () => import("./shelf/service.ts"),
  },
  topologies: { monolith: { all: "*" }, micro: "each" },
});
