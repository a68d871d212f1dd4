import { contract, http, query } from "kerf";
import { z } from "zod";

/** What a service in Python answers: `oracle.py`. */
export const oracle = contract("oracle", {
  version: 1,
  fortune: query({
    input: z.object({ name: z.string() }),
    output: z.object({ text: z.string() }),
  }),
});

/** `KERF_ORACLE_URL` says where it is. */
export const oracleService = http(oracle, {
  url: "http://127.0.0.1:9",
  operations: { fortune: { route: "GET /fortune/{name}" } },
});
