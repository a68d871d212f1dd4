import { pgBoss } from "./pg-boss-with.ts";

/** A transaction for 50 events: one that fails takes the others with it. */
export default pgBoss(50);
