import { contract, query } from "kerf";
import { z } from "zod";

export const greeter = contract("greeter", {
  version: 1,
  greet: query({
    http: "GET /greet/:name",
    access: "public",
    input: z.object({ name: z.string(), pin: z.string().meta({ sensitive: true }).optional() }),
    output: z.object({ text: z.string() }),
    errors: { Nobody: z.object({ name: z.string() }) },
  }),
  fortune: query({
    http: "GET /fortune/:name",
    access: "public",
    input: z.object({ name: z.string() }),
    output: z.object({ text: z.string() }),
  }),
});
