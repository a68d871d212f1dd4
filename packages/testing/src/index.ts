export type { Seen } from "./events.ts";
export { fake } from "./fake.ts";
export type { UnitProcess } from "./processes.ts";
export { rig, type Mode, type Rig, type RigOptions, type TestCallOptions } from "./rig.ts";
