import { context, propagation, trace } from "@opentelemetry/api";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Propagators } from "../settings/settings.ts";
import { WorkContext } from "./context.ts";
import { KerfTracer } from "./tracer.ts";

/** What stands behind OpenTelemetry's API in this process. */
export interface Registered {
  readonly enter: NonNullable<Telemetry["enter"]>;
  /** Has spans of libraries recorded. `otherwise`: the service of work that is nobody's. */
  provide(telemetry: Telemetry, otherwise: string): void;
  /** From now on libraries put these into the headers of what they send. */
  propagate(wanted: Propagators): Promise<void>;
  close(): void;
}

let registered: Promise<Registered | undefined> | undefined;

/** Stands behind OpenTelemetry's API, once in a process; undefined where somebody else does. */
export function registerApi(): Promise<Registered | undefined> {
  return (registered ??= register());
}

async function register(): Promise<Registered | undefined> {
  const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
  const manager = new AsyncLocalStorageContextManager().enable();
  if (!context.setGlobalContextManager(manager)) return undefined;
  let telemetry: Telemetry | undefined;
  let service = "";
  // A context for each call costs as much as all else that is recorded of it. It is there once a library asks for a tracer.
  let wanted = false;
  trace.setGlobalTracerProvider({
    getTracer(name, version) {
      wanted = true;
      const scope = version === undefined ? { name } : { name, version };
      return new KerfTracer(scope, () => telemetry && { telemetry, service });
    },
  });
  return {
    enter: (traceparent, within, work) =>
      wanted ? manager.with(new WorkContext(traceparent, within), work) : work(),
    provide(given, otherwise) {
      telemetry = given;
      service = otherwise;
    },
    async propagate({ traceContext, baggage }) {
      const core = await import("@opentelemetry/core");
      propagation.setGlobalPropagator(
        new core.CompositePropagator({
          propagators: [
            ...(traceContext ? [new core.W3CTraceContextPropagator()] : []),
            ...(baggage ? [new core.W3CBaggagePropagator()] : []),
          ],
        }),
      );
    },
    close() {
      registered = undefined;
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}
