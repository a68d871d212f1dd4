import { z } from "zod";

/** An amount in pence sterling. */
export const Pence = z.int();

/** The price of one piece: from a penny to a hundred thousand pounds. */
export const UnitPence = z.int().min(1).max(10_000_000);
