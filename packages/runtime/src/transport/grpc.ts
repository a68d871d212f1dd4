import { type AnyContract, type Log, StatusError } from "kerf";
import type { CallTokens } from "../authority/call-token.ts";
import type { ContractLock } from "../proto/index.ts";
import { ask } from "./ask.ts";
import { askStream } from "./ask-stream.ts";
import { leanClient } from "./lean-client.ts";
import { findCodec } from "./method-codecs.ts";
import type { Transport } from "./transport.ts";
import type { WireClient } from "./wire.ts";

export interface GrpcTransportOptions {
  /** The contracts that may be called. */
  readonly contracts: readonly AnyContract[];
  /** The field numbers of `contracts.lock.json`: the same as on the other side. */
  readonly lock?: ContractLock;
  readonly log?: Log;
  /** By which the other units believe who calls. */
  readonly tokens: CallTokens;
}

/** Carries calls to other units by gRPC. There is one connection to each address; it is made, and made again, when needed. */
export function grpcTransport({ contracts, lock, tokens }: GrpcTransportOptions): Transport {
  const codecOf = findCodec(contracts, lock);
  const clients = new Map<string, WireClient>();
  let closed = false;

  const clientOf = (address: string): WireClient => {
    if (closed) throw new StatusError("UNAVAILABLE", "this unit is closing: it calls nobody any more");
    let client = clients.get(address);
    if (!client) clients.set(address, (client = leanClient(address)));
    return client;
  };

  return {
    async call(address, request, signal) {
      const codec = codecOf(request.member);
      return ask(codec, request, address, signal, clientOf(address).send, tokens);
    },
    watch(address, request, reader) {
      const codec = codecOf(request.member);
      return askStream(codec, request, address, reader, clientOf(address).open, tokens);
    },
    async close() {
      closed = true;
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
