import { z } from "zod";

/** How many rows a page of a listing holds at most. The next page is asked for with the `next` of this one as `after`. */
export const Limit = z.int().min(1).max(1_000).default(100);

/** The last row of the page before, where rows are numbered. */
export const AfterNumber = z.int().min(0).optional();
