import { z } from "zod";
import { line } from "./text.ts";

/** Where parcels and mail for somebody go. */
export const Address = z
  .object({
    name: line(120),
    email: z.email().max(254),
    lines: z.array(line(120)).min(1).max(6),
    country: line(60),
  })
  .meta({
    examples: [
      {
        name: "Alice Example",
        email: "alice@customers.example",
        lines: ["1 Harbour Steps", "Oban PA34 4AA"],
        country: "United Kingdom",
      },
    ],
  });

export type Address = z.infer<typeof Address>;
