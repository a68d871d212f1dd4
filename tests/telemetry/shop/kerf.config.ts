import { app } from "kerf";
import shop from "../../../examples/shop/kerf.config.ts";

/** The shop under a name of its own, and so with databases of its own: others test it on the same server. */
export default app(process.env["SHOP"]!, { services: shop.services, topologies: { monolith: { all: "*" } } });
