/**
 * The map of an application of thirty services, in a real browser: it has to be readable. `npm run pictures` keeps what it sees
 * in docs/images.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { buildPages, hasBrowser, openBrowser } from "./browser.ts";
import { opened } from "./opened.ts";
import { edgesOf, theirWork, thirtyServices } from "./thirty-services.ts";

interface Box {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** In pixels of the screen. */
interface Seen {
  readonly area: Box;
  readonly cards: readonly Box[];
  readonly names: readonly (Box & { readonly fontSize: number })[];
  readonly units: readonly Box[];
  /** Cards that an edge runs across, though it neither begins nor ends there. */
  readonly crossed: readonly string[];
}

/** Runs in the page. */
const look = readFileSync(new URL("./look-at-map.js", import.meta.url), "utf8");

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
const within = (inner: Box, outer: Box): boolean =>
  inner.left >= outer.left - 1 &&
  inner.right <= outer.right + 1 &&
  inner.top >= outer.top - 1 &&
  inner.bottom <= outer.bottom + 1;

let pages: string;
beforeAll(async () => {
  pages = await buildPages();
});
afterAll(() => rmSync(pages, { recursive: true, force: true }));

test.skipIf(!hasBrowser).each([
  { width: 1_440, height: 860 },
  { width: 1_024, height: 700 },
])("thirty services can be told apart and read on $width by $height", async (viewport) => {
  const { dashboard, send } = await opened({
    pages,
    topology: thirtyServices.topology,
    application: async () => thirtyServices,
  });
  expect((await send("traces", theirWork(Date.now()))).status).toBe(200);
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport });
  await page.goto(dashboard.url);
  const others = thirtyServices.foreign.length + ["gateway", "broker"].length;
  await expect.poll(() => page.locator(".map-card").count(), { timeout: 10_000 }).toBe(30 + others);
  await expect.poll(() => page.locator(".map-edge[data-mood=bad]").count()).toBeGreaterThan(2);

  const { area, cards, names, units, crossed } = await page.evaluate<Seen>(look);
  const pairs = cards.flatMap((one, i) => cards.slice(i + 1).map((other) => [one, other] as const));
  expect(pairs.filter(([one, other]) => overlap(one, other))).toEqual([]);
  expect(names.filter((name, i) => !within(name, cards[i]!))).toEqual([]);
  expect(Math.min(...names.map(({ fontSize }) => fontSize))).toBeGreaterThan(10);
  expect(cards.filter((card) => !within(card, area)).map(({ name }) => name)).toEqual([]);
  // A card is within its unit, or within none.
  for (const unit of units)
    expect(cards.filter((card) => overlap(card, unit) && !within(card, unit))).toEqual([]);
  expect(crossed).toEqual([]);

  // Its numbers are there when one is pointed at, and what has nothing to do with it steps back.
  await page.locator(".map-card", { hasText: "orders" }).first().hover();
  const numbers = page.locator(".map-edge[data-near=true] text");
  await expect.poll(() => numbers.count()).toBe(edgesOf("orders"));
  const folder = process.env["SCREENSHOTS"];
  if (folder && viewport.width === 1_440)
    await page.screenshot({ path: join(folder, "dashboard-map-thirty.png") });
  const drawn = await numbers.evaluateAll((all) =>
    all.map((each): Box => ({ ...each.getBoundingClientRect().toJSON(), name: each.textContent })),
  );
  expect(drawn.filter(({ top, bottom }) => bottom - top < 9)).toEqual([]);
  expect(drawn.filter((each) => !within(each, area))).toEqual([]);
  // Digits fill less than the height of their line.
  const inked = drawn.map((each) => ({ ...each, top: each.top + 2, bottom: each.bottom - 2 }));
  expect(inked.filter((each) => cards.some((card) => overlap(each, card)))).toEqual([]);
});
