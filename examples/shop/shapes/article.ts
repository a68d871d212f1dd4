import { z } from "zod";
import { line } from "./text.ts";

// #region examples
/** The code of an article: exact, case-sensitive, spaces and all. */
export const ArticleCode = line(64).meta({ examples: ["KG1001"] });

/** The id of an offer, given by the back office. */
export const OfferId = line(64).meta({ examples: ["KG1001-1"] });

/** So many pieces of an article. */
export const Quantity = z
  .int()
  .min(1)
  .max(100_000)
  .meta({ examples: [2] });
// #endregion

/** Pieces of one article. */
export const Item = z.object({ article: ArticleCode, quantity: Quantity });

/** More lines than this are more than one order: the pairs of a total stay within safe integers (lines × pieces × price). */
export const maxLines = 2_000;

/** What a single import may carry; the gateway's body limit bites first for long names. */
export const maxImport = 1_000;
