import { z } from "zod";

/** An amount in pence sterling. */
export const Pence = z.int().meta({ examples: [250] });

/** The price of one piece: from a penny to a hundred thousand pounds. */
export const UnitPence = z
  .int()
  .min(1)
  .max(10_000_000)
  .meta({ examples: [250] });
