import { Agent as PlainAgent, request as plainRequest, type ClientRequest } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { outboundLookup } from "@kerf/runtime/outbound";
import type { LegacyTarget } from "./settings.ts";

/**
 * How long a connection is kept for the next request. Shorter than the 5 s after which servers of Node close theirs: a
 * request that meets the closing one is lost. Where the server says how long it waits, that is believed.
 */
const KEEP_MS = 4_000;

/** How many connections are kept while there is nothing to send. */
const MOST_IDLE = 256;

export interface LegacyConnections {
  /** Begins a request. @param path as it is in the request's target, byte for byte */
  open(method: string, path: string, headers: readonly string[], reuse: boolean): ClientRequest;
  /** Keeps none that is not in use. */
  close(): void;
}

/** The connections to one existing application. No request has any say in where they lead. */
export function legacyConnections(target: LegacyTarget): LegacyConnections {
  const { secure, hostname, port, base, timeouts } = target;
  const options = { keepAlive: true, maxFreeSockets: MOST_IDLE, timeout: KEEP_MS, noDelay: true };
  const agent = secure ? new SecureAgent(options) : new PlainAgent(options);
  const begin = secure ? secureRequest : plainRequest;
  return {
    open(method, path, headers, reuse) {
      const opened = begin({
        host: hostname,
        port,
        method,
        path: base + path,
        headers,
        agent: reuse ? agent : false,
        timeout: timeouts.responseMs,
        insecureHTTPParser: false,
        ...(target.linkLocal ? {} : { lookup: outboundLookup }),
        ...(secure ? { servername: hostname } : {}),
      });
      opened.once("socket", (socket) => {
        if (!socket.connecting) return;
        const timer = setTimeout(() => opened.destroy(timeout("connect")), timeouts.connectMs);
        const stop = () => clearTimeout(timer);
        socket.once("connect", stop).once("close", stop);
      });
      return opened.on("timeout", () => opened.destroy(timeout("answer")));
    },
    close() {
      // Those that are in use are needed until their answers are through.
      agent.maxFreeSockets = 0;
      for (const sockets of Object.values(agent.freeSockets)) sockets?.forEach((socket) => socket.destroy());
    },
  };
}

/** The error code of what took too long. */
export const TIMED_OUT = "ERR_LEGACY_TIMEOUT";

function timeout(what: string): Error {
  return Object.assign(new Error(`the existing application did not ${what} in time`), { code: TIMED_OUT });
}
