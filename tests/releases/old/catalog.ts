import { catalogOf } from "../catalog.ts";

export default catalogOf("old");
