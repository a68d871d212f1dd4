import { app } from "kerf";

/** An application whose database survives a crash anywhere, and whose file does not. */
export default app("stamps", {
  services: { stamps: () => import("./stamps.ts") },
  topologies: { monolith: { all: "*" } },
});
