import { app, contract, query, service } from "kerf";
import { z } from "zod";

const Name = z.object({ name: z.string() });
const Text = z.object({ text: z.string() });
const words = contract("words", {
  version: 1,
  hello: query({ http: "GET /hello/:name", access: "public", input: Name, output: Text }),
});
const greeter = contract("greeter", {
  version: 1,
  greet: query({ http: "GET /greet/:name", access: "public", input: Name, output: Text }),
});

export default app("bench", {
  services: {
    words: async () => ({
      default: service(words, {}, { handle: { hello: async ({ name }) => ({ text: `hello, ${name}` }) } }),
    }),
    greeter: async () => ({
      default: service(
        greeter,
        { uses: [words] },
        { handle: { greet: (input, { call }) => call(words.hello, input) } },
      ),
    }),
  },
  topologies: { monolith: { all: "*" } },
});
