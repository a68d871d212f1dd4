import { needs } from "kerf";
import { z } from "zod";

export const wants = needs({
  database: { migrations: new URL("./migrations/", import.meta.url) },
  settings: z.object({
    /** The bank is not ours: it has a database of its own, which is made beside the others where no URL is set. */
    bankUrl: z.string().meta({ database: "bank" }),
  }),
});
