import { setFlagsFromString } from "node:v8";

/**
 * Has V8 allocate everything as young. It would now and then conclude that what requests make lives long, and have the process
 * spend half its CPU on collecting it for as long as it runs (docs/decisions/edge-speed.md).
 */
export function allocateYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
