import { context, propagation, trace } from "@opentelemetry/api";
import type { Telemetry } from "@kerf/runtime/telemetry";
import { WorkContext } from "./context.ts";
import { tracerProvider } from "./tracer.ts";

export interface Registered {
  readonly enter: NonNullable<Telemetry["enter"]>;
  /** Has libraries given tracers of `telemetry`. */
  provide(telemetry: Telemetry, otherwise: string): void;
  close(): void;
}

/** Stands behind OpenTelemetry's API in this process, unless somebody else does. */
export async function registerApi(): Promise<Registered | undefined> {
  const [{ AsyncLocalStorageContextManager }, { W3CTraceContextPropagator }] = await Promise.all([
    import("@opentelemetry/context-async-hooks"),
    import("@opentelemetry/core"),
  ]);
  const manager = new AsyncLocalStorageContextManager().enable();
  if (!context.setGlobalContextManager(manager)) return undefined;
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    enter: (traceparent, service, work) => manager.with(new WorkContext(traceparent, service), work),
    provide: (telemetry, otherwise) =>
      void trace.setGlobalTracerProvider(tracerProvider(telemetry, otherwise)),
    close() {
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}
