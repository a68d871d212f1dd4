import { Refusal } from "./refusal.ts";
import type { Routes } from "./handle.ts";

/** What people try: calls and events by hand. */
export const operating: Routes = {
  "GET /api/people": () => ({ people: [] }),
  "POST /api/call": () => {
    throw new Refusal(501, "calls by hand are not there yet");
  },
  "POST /api/publish": () => {
    throw new Refusal(501, "events by hand are not there yet");
  },
};
