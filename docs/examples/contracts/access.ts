import { contract, query } from "kerf";
import { z } from "zod";

export const seasonCards = contract("seasonCards", {
  version: 1,
  // #region access
  card: query({
    http: "GET /season-cards/:holder",
    access: ({ holder }, { actor }) => actor !== undefined && actor.id === holder,
    input: z.object({ holder: z.string().max(60) }),
    output: z.object({ visits: z.int() }),
  }),
  // #endregion
});
