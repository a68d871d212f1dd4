import { openIdentity, startGateway } from "@kerf/gateway";
import { contract, command, query, type AnyContract } from "kerf";
import { pino } from "pino";
import { audience } from "../identity.ts";
import type { Contender } from "../contender.ts";
import { routes, type EdgeRoute } from "../routes.ts";

/** The gateway with every default on; what is behind it answers from memory, as with the others. */
export const kerf: Contender = {
  async serve(issuer) {
    const log = pino({ level: "info" });
    const answers = new Map<string, EdgeRoute["answer"]>();
    const declared: Record<string, object> = {};
    for (const route of routes) {
      for (const known of [false, true]) {
        const name = `${route.name}${known ? "Mine" : ""}`;
        const { input, output, method, path } = route;
        const exposure = { access: known ? "user" : "public", input, output } as const;
        declared[name] =
          method === "POST"
            ? command({ http: `POST ${known ? "/mine" : ""}${path}` as `POST /${string}`, ...exposure })
            : query({ http: `GET ${known ? "/mine" : ""}${path}` as `GET /${string}`, ...exposure });
        answers.set(`bench@1.${name}`, (given) => route.answer(given));
      }
    }
    const bench = contract("bench", { version: 1, ...declared }) as unknown as AnyContract;
    const { url } = await startGateway({
      contracts: [bench],
      invoke: async ({ member, input }) => answers.get(member.id)!(input),
      identify: openIdentity({
        providers: [{ issuer, audience }],
        apiKeysFile: undefined,
        development: false,
        log,
      }),
      app: "bench",
      host: "127.0.0.1",
      port: 0,
      log,
      ready: () => true,
    });
    return url;
  },
};
