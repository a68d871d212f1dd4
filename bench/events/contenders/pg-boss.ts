import { pgBoss } from "./pg-boss-with.ts";

/** A transaction for each event. */
export default pgBoss(1);
