export { loadConfiguration, type Configuration } from "./configuration.ts";
export { explain } from "./explain.ts";
export { main } from "./main.ts";
export { runUnit, type RunningProcess, type RunUnitOptions } from "./unit.ts";
