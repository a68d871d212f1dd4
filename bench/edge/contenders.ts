import type { Contender } from "./contender.ts";

/** By name, in the order of the table. */
export const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  "node:http": async () => (await import("./contenders/node-http.ts")).nodeHttp,
  Fastify: async () => (await import("./contenders/fastify.ts")).bareFastify,
  Kerf: async () => (await import("./contenders/kerf.ts")).kerf,
  "Nest on Fastify": async () => (await import("./contenders/nest.ts")).nest,
  Express: async () => (await import("./contenders/express.ts")).bareExpress,
};
