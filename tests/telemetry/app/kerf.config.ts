import { app } from "kerf";

export default app("hello", {
  services: {
    greeter: () => import("./greeter/service.ts"),
    words: () => import("./words/service.ts"),
  },
  topologies: { monolith: { all: "*" } },
});
