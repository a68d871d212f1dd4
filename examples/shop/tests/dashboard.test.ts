/** What the dashboard shows of the running shop: the same story, however the shop is cut into units. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openBrowser, startShop, withoutBrowser, type RunningShop } from "./browser.ts";

describe.skipIf(withoutBrowser).each(["monolith", "micro"])("the dashboard of the shop as %s", (topology) => {
  let shop: RunningShop;
  let browser: Browser;
  let page: Page;
  let wrong: string[];

  beforeAll(async () => {
    [shop, browser] = await Promise.all([startShop(topology), openBrowser()]);
    // It starts when the units have: they come first.
    await vi.waitFor(() => fetch(shop.dashboard), { timeout: 30_000 });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  }, 60_000);

  beforeEach(async () => {
    wrong = [];
    page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(shop.dashboard);
    await page.getByRole("heading", { name: "Map" }).waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(wrong).toEqual([]);
  });

  const visit = (path: string) => page.goto(new URL(path, shop.dashboard).href);

  /** Into the folder of SCREENSHOTS, where that is set: see web.test.ts. */
  async function picture(name: string): Promise<void> {
    const to = process.env["SCREENSHOTS"];
    if (to !== undefined && topology === "micro")
      await page.screenshot({ path: join(to, `${name}.png`), animations: "disabled" });
  }

  /** Gives the order's id, when it is decided. */
  async function order(offerId: string, state: "confirmed" | "refused"): Promise<string> {
    const headers = { authorization: "Bearer dev:alice", "content-type": "application/json" };
    const body = JSON.stringify({ lines: [{ offerId, quantity: 1 }] });
    const placed = await fetch(`${shop.gateway}/v1/orders`, { method: "POST", headers, body });
    const { orderId } = (await placed.json()) as { orderId: string };
    const now = async () => (await fetch(`${shop.gateway}/v1/orders/${orderId}`, { headers })).json();
    await vi.waitFor(async () => expect(await now()).toMatchObject({ state }), { timeout: 30_000 });
    return orderId;
  }

  test("a paid order's trace holds every service, its saga and its events", async () => {
    const id = await order("KG1001-1", "confirmed");
    await visit(`/sagas/orders/checkout/${id}`);
    await page.getByText("take payment").waitFor();
    await page.getByRole("link", { name: "Trace", exact: true }).click();
    const spans = page.getByRole("tree", { name: "Spans" });
    await spans.getByText("saga checkout").waitFor();
    await page.keyboard.press("\\");
    await page.locator('[data-theme="dark"]').waitFor();
    await picture("dashboard-trace");
    for (const name of ["inventory@1.reserve", "payments@1.charge", "shipping@1.book"])
      await spans.getByText(name).first().waitFor();
    // What its events caused comes a little later, and the page shows it by itself; only what can be seen is drawn.
    const last = async () => {
      await page.locator(".waterfall").evaluate((area) => void (area.scrollTop = area.scrollHeight));
      return spans.innerText();
    };
    await expect.poll(last, { timeout: 20_000 }).toContain("notifications");
  }, 90_000);

  test("a declined payment is found by search", async () => {
    const catalog = shop.dataOf("catalog");
    // The bank declines totals that leave 16 by 20.
    await catalog`update offer set pence = 736 where offer_id = 'KG1014-1'`;
    await catalog.end();
    await order("KG1014-1", "refused");
    await visit("/traces?status=error");
    await page.getByRole("searchbox").fill("Declined");
    const found = page.getByRole("row", { name: /POST \/v1\/orders/ });
    await found.first().waitFor();
    await found.first().getByRole("link").click();
    await page
      .getByRole("treeitem", { name: /payments@1\.charge/ })
      .first()
      .click();
    await page.getByRole("complementary", { name: "Span" }).getByText("Declined").first().waitFor();
  }, 90_000);

  test("a dead letter is replayed from the page", async () => {
    const mails = shop.dataOf("notifications");
    await mails`alter table mail rename to mail_elsewhere`;
    const id = await order("KG1002-1", "confirmed");
    const parked = () =>
      mails`update kerf.parked set state = 'dead', dead_at = now(), cause = '42P01' where key = ${id} returning id`;
    await vi.waitFor(async () => expect(await parked()).not.toEqual([]), { timeout: 30_000 });
    await mails`alter table mail_elsewhere rename to mail`;

    await visit("/events");
    await page
      .getByRole("region", { name: "orders@1.confirmed" })
      .getByRole("link", { name: /letter/ })
      .click();
    const group = page.getByRole("region", { name: "orders@1.confirmed in notifications" });
    await group.getByText('relation "mail" does not exist').waitFor();
    await group.getByRole("link", { name: "Show messages" }).click();
    await group.getByText(id, { exact: true }).waitFor();
    await group.getByRole("button", { name: "Replay" }).first().click();
    await page.getByLabel(/Reason/).fill("the table is back");
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
    await page.getByText("1 message will be delivered again.").waitFor();
    await page.getByRole("heading", { name: "No dead letters" }).waitFor();
    await mails.end();
  }, 120_000);

  test("the map shows the calls of an order, told apart by where they went", async () => {
    const call = page.getByRole("link", { name: "service:orders to service:payments" });
    await expect
      .poll(() => call.getAttribute("data-local"), { timeout: 20_000 })
      .toBe(topology === "monolith" ? "true" : "false");
    await expect.poll(() => call.getAttribute("data-mood")).not.toBe("unseen");
    await picture("dashboard-map");
  }, 60_000);

  test("every process is there, and ready", async () => {
    await visit("/topology");
    const ready = page.getByRole("row").getByText("ready");
    await expect.poll(() => ready.count(), { timeout: 20_000 }).toBe(topology === "monolith" ? 1 : 11);
  }, 60_000);
});
