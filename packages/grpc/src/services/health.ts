import { implement, type Implementation } from "../call/server.ts";
import { GrpcError } from "../call/grpc-error.ts";
import { serverStream, service, unary } from "../call/service.ts";
import { Status } from "../call/status.ts";
import { enumeration, message } from "../codec/descriptor.ts";
import { protobuf } from "../codec/protobuf.ts";

export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

const servingStatus = enumeration("grpc.health.v1.HealthCheckResponse.ServingStatus", {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
});
const request = protobuf<{ service?: string }>(
  message("grpc.health.v1.HealthCheckRequest", [{ name: "service", number: 1, type: "string" }]),
);
const response = protobuf<{ status: ServingStatus }>(
  message("grpc.health.v1.HealthCheckResponse", [{ name: "status", number: 1, type: servingStatus }]),
);

/** `grpc.health.v1.Health`, as load balancers and Kubernetes ask it. */
export const healthService = service("grpc.health.v1.Health", {
  Check: unary(request, response),
  Watch: serverStream(request, response),
});

/** The health of a server and its services. */
export interface Health extends Implementation {
  /** `""` is the server as a whole, which is SERVING from the start. Watchers hear of a change at once. */
  set(service: string, status: ServingStatus): void;
}

/** Makes the health service: pass it to `serve` with the others, and `set` what changes. */
export function health(initial: Readonly<Record<string, ServingStatus>> = {}): Health {
  const statuses = new Map<string, ServingStatus>([["", "SERVING"], ...Object.entries(initial)]);
  const watchers = new Set<() => void>();
  const implementation = implement(healthService, {
    Check: ({ service: name = "" }) => {
      const status = statuses.get(name);
      if (status === undefined)
        throw new GrpcError(Status.NOT_FOUND, `there is no service ${JSON.stringify(name)}`);
      return { status };
    },
    Watch: async function* ({ service: name = "" }, call) {
      let last: ServingStatus | undefined;
      while (!call.signal.aborted) {
        const status = statuses.get(name) ?? "SERVICE_UNKNOWN";
        if (status !== last) yield { status: (last = status) };
        else await changed(watchers, call.signal);
      }
    },
  });
  return {
    ...implementation,
    set: (name, status) => {
      statuses.set(name, status);
      for (const wake of watchers) wake();
    },
  };
}

function changed(watchers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      watchers.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    watchers.add(wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
