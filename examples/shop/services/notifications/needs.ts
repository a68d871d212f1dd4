import { needs } from "kerf";
import { z } from "zod";

export const wants = needs({
  database: { migrations: new URL("./migrations/", import.meta.url) },
  settings: z.object({
    /** Such as smtps://user:password@mail.example.com. Where absent, mails are only kept in the database, readable. */
    smtpUrl: z.string().optional(),
    /** Whom mails come from. */
    sender: z.string().default("Heart Lane Gifts <orders@shop.example>"),
  }),
});
