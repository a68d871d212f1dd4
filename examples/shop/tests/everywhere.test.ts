import { rig, type Mode, type Rig } from "@kerf/testing";
import { afterAll, beforeAll, describe } from "vitest";
import app from "../kerf.config.ts";
import { cachingTests } from "./caching.ts";
import { cartTests } from "./carts.ts";
import { checkoutTests } from "./checkout.ts";
import { nameTests } from "./names.ts";
import { bookTests } from "./books.ts";
import { returnTests } from "./returns.ts";

// One suite in one process, with every call through the codec and every event delivered twice, and as ten units.
describe.each<Mode>(["local", "serialised", "units"])("the shop, %s", (mode) => {
  let shop: Rig;
  beforeAll(async () => {
    shop = await rig(app, { mode });
  });
  afterAll(async () => {
    await shop?.stop();
  });

  checkoutTests(() => shop);
  returnTests(() => shop);
  cartTests(() => shop);
  nameTests(() => shop);
  cachingTests(() => shop);
  // Last: what all of the above leaves in the books.
  bookTests(() => shop);
});
