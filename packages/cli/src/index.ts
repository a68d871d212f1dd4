export { loadConfiguration, type Configuration } from "./configuration.ts";
export { embed, type Embedded, type EmbedOptions } from "./embed.ts";
export { explain } from "./explain.ts";
export { main } from "./main.ts";
export { runUnit, type RunningProcess, type RunUnitOptions } from "./unit.ts";
