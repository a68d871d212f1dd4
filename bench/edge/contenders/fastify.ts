import fastify from "fastify";
import type { Contender } from "../contender.ts";
import { verifier } from "../peers.ts";
import { pathsOf, routes, schemasOf } from "../routes.ts";

/** With the same schemas, as Fastify's documentation has it: Ajv on the way in, fast-json-stringify on the way out. */
export const bareFastify: Contender = {
  async serve(issuer) {
    const personOf = verifier(issuer);
    const app = fastify({ logger: false });
    for (const route of routes) {
      const { input, output } = schemasOf(route);
      for (const { path, known } of pathsOf(route)) {
        app.route({
          method: route.method,
          url: path,
          schema: {
            ...(route.method === "POST" ? { body: input } : { params: input }),
            response: { 200: output },
          },
          ...(known
            ? {
                onRequest: async (request, reply) => {
                  if ((await personOf(request.headers.authorization)) === undefined)
                    await reply.code(401).send({ error: "unknown" });
                },
              }
            : {}),
          handler: async (request) => route.answer(route.method === "POST" ? request.body : request.params),
        });
      }
    }
    return app.listen({ host: "127.0.0.1", port: 0 });
  },
};
