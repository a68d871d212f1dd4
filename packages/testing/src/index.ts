export { recordHistory, replayHistory, type HistoryEnd, type SagaHistory } from "@kerf/runtime";
export type { Seen } from "./events.ts";
export { fake } from "./fake.ts";
export type { UnitProcess } from "./processes.ts";
export { rig } from "./rig.ts";
export type { Mode, Rig, RigOptions, TestCallOptions } from "./rig-options.ts";
export {
  crashSafely,
  CrashUnsafeError,
  type CrashReport,
  type CrashSafelyOptions,
} from "./crash/crash-safely.ts";
export { crashFiles, type CrashFiles } from "./crash/crash-files.ts";
export type { Crash } from "./crash/candidates.ts";
