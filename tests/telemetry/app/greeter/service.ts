import { failed, service } from "kerf";
import { oracle } from "../oracle/contract.ts";
import { words } from "../words/contract.ts";
import { greeter } from "./contract.ts";

export default service(
  greeter,
  { uses: [words, oracle] },
  {
    handle: {
      async greet(input, { call, fail }) {
        try {
          return await call(words.hello, input);
        } catch (error) {
          if (failed(error, words.hello, "Nobody")) throw fail("Nobody", error.data);
          throw error;
        }
      },
      fortune: (input, { call }) => call(oracle.fortune, input),
    },
  },
);
