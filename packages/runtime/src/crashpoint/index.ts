export { reached, type Reached } from "./crashpoint.ts";
export { crashInstants, crashMoments, crashPoints, type CrashMoment, type CrashPoint } from "./points.ts";
