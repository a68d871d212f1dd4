import { app } from "kerf";
import { oracleService } from "./oracle/contract.ts";

export default app("hello", {
  services: {
    greeter: () => import("./greeter/service.ts"),
    words: () => import("./words/service.ts"),
  },
  foreign: { oracle: oracleService },
  topologies: { monolith: { all: "*" } },
});
