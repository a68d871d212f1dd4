import type { Contender } from "./contender.ts";

/** Every contender by name. Each is loaded only where it runs: some take a second to start. */
export const CONTENDERS: Readonly<Record<string, () => Promise<Contender>>> = {
  "bare TCP, no codec": async () => (await import("./contenders/framed-tcp.ts")).bareTcp,
  "TCP and JSON, a write per message": async () => (await import("./contenders/framed-tcp.ts")).jsonEach,
  "TCP and JSON, a write per tick": async () => (await import("./contenders/framed-tcp.ts")).jsonTick,
  "TCP and JSON, per tick and every 16": async () => (await import("./contenders/framed-tcp.ts")).json16,
  "@kerf/grpc": async () => (await import("./contenders/kerf.ts")).kerf,
  "@grpc/grpc-js": async () => (await import("./contenders/grpc-js.ts")).grpcJs,
  "@kerf/grpc to grpc-js": async () => ({
    serve: (await import("./contenders/grpc-js.ts")).grpcJs.serve,
    connect: (await import("./contenders/kerf.ts")).kerf.connect,
  }),
  "grpc-js to @kerf/grpc": async () => ({
    serve: (await import("./contenders/kerf.ts")).kerf.serve,
    connect: (await import("./contenders/grpc-js.ts")).grpcJs.connect,
  }),
  "Connect (gRPC)": async () => (await import("./contenders/connect.ts")).connectEs,
  "Nest TCP": async () => (await import("./contenders/nest-tcp.ts")).nestTcp,
  "Moleculer TCP": async () => (await import("./contenders/moleculer-tcp.ts")).moleculerTcp,
};
