import { command, contract, query } from "kerf";
import { z } from "zod";

// #region member
export const boxOffice = contract("boxOffice", {
  version: 1,
  seats: query({
    http: "GET /seats/:show",
    access: "public",
    limit: { rate: "600/m", burst: "50/s" },
    input: z.object({ show: z.string().max(40) }),
    output: z.object({ left: z.int() }),
  }),
  hold: command({
    http: "POST /holds",
    access: "user",
    limit: { rate: "3/m" },
    input: z.object({ show: z.string().max(40), seats: z.int().min(1).max(10) }),
    output: z.object({ left: z.int() }),
  }),
});
// #endregion
