import { contract, query } from "kerf";
import { z } from "zod";

export const words = contract("words", {
  version: 1,
  // #region sensitive
  hello: query({
    input: z.object({ name: z.string(), pin: z.string().meta({ sensitive: true }).optional() }),
    output: z.object({ text: z.string() }),
    errors: { Nobody: z.object({ name: z.string() }) },
  }),
  // #endregion
});
