import type { AddressInfo } from "node:net";
import express from "express";
import type { Contender } from "../contender.ts";
import { validator, verifier } from "../peers.ts";
import { pathsOf, routes, schemasOf } from "../routes.ts";

/** Express 5 with its JSON parser and Ajv. */
export const bareExpress: Contender = {
  async serve(issuer) {
    const personOf = verifier(issuer);
    const app = express();
    app.use(express.json());
    for (const route of routes) {
      const valid = validator(schemasOf(route).input);
      for (const { path, known } of pathsOf(route)) {
        app[route.method === "POST" ? "post" : "get"](path, async (request, response) => {
          if (known && (await personOf(request.headers.authorization)) === undefined)
            return void response.status(401).json({ error: "unknown" });
          const input: unknown = route.method === "POST" ? request.body : { ...request.params };
          if (!valid(input)) return void response.status(400).json({ error: "invalid" });
          response.json(route.answer(input));
        });
      }
    }
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
};
