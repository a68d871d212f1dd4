import { contract, event } from "kerf";
import { z } from "zod";

/** Until last week, `moved` was called `shifted`, and its `show` was `title`. */
export const rooms = contract("rooms", {
  version: 1,
  // #region earlier
  moved: event({
    data: z.object({ show: z.string(), to: z.string(), floor: z.int().optional() }),
    key: "show",
    earlier: {
      1: {
        name: "shifted",
        data: z.object({ title: z.string(), to: z.string() }),
        to: ({ title, to }) => ({ show: title, to }),
      },
    },
  }),
  // #endregion
});
