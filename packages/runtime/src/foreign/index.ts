export { openForeign, type RouteForeign } from "./with-foreign.ts";
