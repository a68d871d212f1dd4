export type { Seen } from "./events.ts";
export { fake } from "./fake.ts";
export type { UnitProcess } from "./processes.ts";
export { rig } from "./rig.ts";
export type { Mode, Rig, RigOptions, TestCallOptions } from "./rig-options.ts";
