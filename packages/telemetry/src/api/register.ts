import { context, propagation, ROOT_CONTEXT, trace, type Context } from "@opentelemetry/api";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type { Propagators } from "../settings/settings.ts";
import { encodeBaggage } from "./baggage.ts";
import { WorkContext } from "./context.ts";
import { Manager } from "./manager.ts";
import { KerfTracer } from "./tracer.ts";

/** What stands behind OpenTelemetry's API in this process. */
export interface Registered {
  readonly enter: NonNullable<Telemetry["enter"]>;
  readonly baggage: NonNullable<Telemetry["baggage"]>;
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
  const manager = new Manager().enable();
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
    enter: (traceparent, within, work, baggage) =>
      wanted || manager.used || baggage !== undefined
        ? manager.enter(new WorkContext(traceparent, within, baggage), work)
        : work(),
    baggage: (given) => (manager.used ? changed(manager.active(), given) : given),
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

/** What is sent on from within a context that somebody may have made of ours. */
function changed(active: Context, given: string | undefined): string | undefined {
  if (active instanceof WorkContext || active === ROOT_CONTEXT) return given;
  const baggage = propagation.getBaggage(active);
  return baggage && encodeBaggage(baggage);
}
