import type { AnyContract, Log } from "kerf";
import type { CallTokens } from "../authority/call-token.ts";
import { fileOf } from "../proto/file-descriptor.ts";
import type { ContractLock } from "../proto/index.ts";
import { answer, type OnProblem } from "./answer.ts";
import { answerStream } from "./answer-stream.ts";
import { leanServer } from "./lean-server.ts";
import { health, healthFile } from "./health.ts";
import { contractCodecs } from "./method-codecs.ts";
import { reflection, reflectionFiles } from "./reflection.ts";
import type { Dispatch, DispatchStream, TransportServer } from "./transport.ts";
import type { StreamMethod, UnaryMethod } from "./wire.ts";

export interface GrpcServerOptions {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** The contracts that are answered here. */
  readonly contracts: readonly AnyContract[];
  /** The field numbers of `contracts.lock.json`: the same as on the other side. */
  readonly lock?: ContractLock;
  readonly dispatch: Dispatch;
  /** Absent where nothing is streamed. */
  readonly dispatchStream?: DispatchStream;
  readonly log: Log;
  /** By which other units are believed who calls. Callers without one are strangers, to whom only the public is open. */
  readonly tokens: CallTokens;
  /** Told of failures that are nobody's answer; they are logged where it is absent. */
  readonly onProblem?: OnProblem;
}

export interface GrpcServer extends TransportServer {
  /** What the health service says of a contract's service, as `"kerf.inventory.v1.Inventory"`, or of all by `""`. */
  setServing(service: string, serving: boolean): void;
}

/**
 * Answers calls of the contracts by gRPC, with health and reflection beside them.
 * @throws Error where the address cannot be listened on
 */
export async function serveGrpc(options: GrpcServerOptions): Promise<GrpcServer> {
  const { host, dispatch, log } = options;
  const onProblem =
    options.onProblem ??
    (({ member, error }) => log.error({ err: error, member }, "a reply could not be sent"));
  const codecs = contractCodecs(options.contracts, options.lock);
  const services = codecs.map(({ contract }) => `${contract.package}.${contract.service}`);
  const state = health(services);
  const files = [...codecs.map(({ contract }) => fileOf(contract)), healthFile, ...reflectionFiles];

  const unary = new Map<string, UnaryMethod>([["/grpc.health.v1.Health/Check", state.check]]);
  const reflect = reflection(files);
  const streams = new Map<string, StreamMethod>([["/grpc.health.v1.Health/Watch", state.watch]]);
  for (const codec of codecs.flatMap(({ methods }) => [...methods.values()])) {
    const { dispatchStream } = options;
    if (codec.method.kind === "stream") {
      if (dispatchStream)
        streams.set(codec.method.path, (messages, call) =>
          answerStream(codec, messages, call, dispatchStream, onProblem, options.tokens),
        );
      continue;
    }
    unary.set(codec.method.path, (message, call) =>
      answer(codec, message, call, dispatch, onProblem, options.tokens),
    );
  }
  for (const { package: name } of reflectionFiles) {
    streams.set(`/${name}.ServerReflection/ServerReflectionInfo`, reflect);
  }

  const server = await leanServer({ host, port: options.port, unary, streams });
  return {
    address: `${host.includes(":") ? `[${host}]` : host}:${server.port}`,
    setServing: (service, serving) => state.set(service, serving),
    drain: async (graceMs) => {
      state.shutdown();
      await server.close(graceMs);
    },
  };
}
