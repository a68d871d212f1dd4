import { statusNumbers } from "kerf";
import { compile } from "../proto/codec.ts";
import type { PlainFile } from "../proto/file-descriptor.ts";
import { group, wireMessage } from "../proto/wire-message.ts";
import { type StreamMethod, type UnaryMethod, WireFailure } from "./wire.ts";

// https://github.com/grpc/grpc/blob/master/doc/health-checking.md
const servingStatus = {
  name: "ServingStatus",
  values: ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"],
};
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

const requestType = wireMessage("HealthCheckRequest", { service: [1, "string"] });
const responseType = wireMessage("HealthCheckResponse", { status: [1, servingStatus] });
const codecs = compile([group([requestType, responseType])]);

export const healthFile: PlainFile = {
  file: "grpc/health/v1/health.proto",
  package: "grpc.health.v1",
  service: "Health",
  methods: [
    { name: "Check", request: requestType, response: responseType },
    { name: "Watch", request: requestType, response: responseType, responseStream: true },
  ],
  messages: [requestType, responseType],
};

/** Says whether services take calls: `grpc.health.v1.Health`. The service `""` is the server as a whole. */
export interface Health {
  readonly check: UnaryMethod;
  readonly watch: StreamMethod;
  set(service: string, serving: boolean): void;
  /** Nothing serves any more. Those who watch are told, and their streams end. */
  shutdown(): void;
}

export function health(services: readonly string[]): Health {
  const statuses = new Map(["", ...services].map((service) => [service, SERVING]));
  const watchers = new Set<() => void>();
  let ended = false;
  const told = (): void => {
    for (const wake of watchers) wake();
  };

  return {
    check: async (message) => {
      const service = serviceOf(message);
      const status = statuses.get(service);
      if (status !== undefined) return response(status);
      throw new WireFailure(statusNumbers.NOT_FOUND, `no service ${JSON.stringify(service)} is here`);
    },

    async *watch(messages, { signal }) {
      const service = await firstService(messages);
      let last: number | undefined;
      while (!signal.aborted) {
        const status = statuses.get(service) ?? SERVICE_UNKNOWN;
        if (status !== last) yield response((last = status));
        if (ended) return;
        if ((statuses.get(service) ?? SERVICE_UNKNOWN) === last) await nextChange(watchers, signal);
      }
    },

    set(service, serving) {
      if (!statuses.has(service) || ended) return;
      statuses.set(service, serving ? SERVING : NOT_SERVING);
      told();
    },

    shutdown() {
      ended = true;
      for (const service of statuses.keys()) statuses.set(service, NOT_SERVING);
      told();
    },
  };
}

function nextChange(watchers: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      watchers.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    watchers.add(wake);
    signal.addEventListener("abort", wake);
  });
}

async function firstService(messages: AsyncIterable<Uint8Array>): Promise<string> {
  for await (const message of messages) return serviceOf(message);
  throw new WireFailure(statusNumbers.INVALID_ARGUMENT, "no request came");
}

function serviceOf(message: Uint8Array): string {
  try {
    return (codecs(requestType).decode(message) as { service: string }).service;
  } catch {
    throw new WireFailure(statusNumbers.INVALID_ARGUMENT, "the message is no HealthCheckRequest");
  }
}

function response(status: number): Buffer {
  return codecs(responseType).encode({ status });
}
