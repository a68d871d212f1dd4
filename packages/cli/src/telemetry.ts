import { hostname } from "node:os";
import type { LogLines, OpenTelemetry } from "@kerf/telemetry";
import type { Graph } from "@kerf/runtime";
import type { Logger } from "@kerf/runtime/log";
import type { Topology, Unit } from "kerf";
import type { Environment } from "./settings.ts";
import { Failure } from "./usage.ts";

/** Opens the telemetry of one process, unless `OTEL_SDK_DISABLED` is true. @throws Failure for a variable that is wrong */
export async function telemetryOf(options: {
  readonly graph: Graph;
  readonly topology: Topology;
  readonly unit: Unit;
  readonly environment: Environment;
  readonly log: Logger;
  /** What {@link log} copies its lines to. */
  readonly lines?: LogLines | undefined;
  readonly ready: Promise<unknown>;
}): Promise<OpenTelemetry | undefined> {
  const { graph, topology, unit, environment, log, lines, ready } = options;
  const { openTelemetry } = await import("@kerf/telemetry");
  try {
    return await openTelemetry({
      app: graph.app.name,
      unit: unit.name,
      topology: topology.name,
      replica: environment["KERF_REPLICA"] || `${hostname()}-${process.pid}`,
      environment,
      log,
      lines,
      ready,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(`${error.message}.`);
    throw error;
  }
}
