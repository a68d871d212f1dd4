/**
 * What the dashboard shows of the running shop while the replay plays orders: the same story, however the shop is cut into
 * units. `npm run pictures` keeps what it sees in docs/images.
 */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { violationsOf } from "./accessible.ts";
import { openBrowser, startShop, withoutBrowser, type RunningShop } from "./browser.ts";
import { replayInto, type Replaying } from "./replaying.ts";

/** Slow enough that eleven processes and a browser keep up on two cores. */
const ordersPerSecond = 1;

describe.skipIf(withoutBrowser).each(["monolith", "micro"])("the dashboard of the shop as %s", (topology) => {
  let shop: RunningShop;
  let browser: Browser;
  let replay: Replaying;
  let page: Page;
  let wrong: string[];
  /** When these tests placed orders themselves. */
  const placedAt: number[] = [];

  beforeAll(async () => {
    [shop, browser] = await Promise.all([startShop(topology), openBrowser()]);
    // It starts when the units have: they come first.
    await vi.waitFor(() => fetch(shop.dashboard), { timeout: 30_000 });
    replay = await replayInto(shop.gateway, ordersPerSecond);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await replay?.[Symbol.asyncDispose]();
    await shop?.stop();
    expect(replay?.failure()).toBeUndefined();
  }, 60_000);

  beforeEach(async () => {
    wrong = [];
    page = await browser.newPage({ viewport: { width: 1_280, height: 800 }, colorScheme: "light" });
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => {
      // The browser tells of each refusal: a trace comes a little after what it tells of, and one event is wrong on purpose.
      const { url } = message.location();
      if (message.type() !== "error" || /\/api\/(traces\/\w+|publish|live)$/.test(url)) return;
      wrong.push(`${message.text()} ${url}`);
    });
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(shop.dashboard);
    await page.getByRole("heading", { name: "Map" }).waitFor();
  });
  afterEach(async () => {
    await page.context().close();
    expect(wrong).toEqual([]);
  });

  const visit = (path: string) => page.goto(new URL(path, shop.dashboard).href);
  const row = (name: string | RegExp) => page.getByRole("row", { name });

  /** Into the folder of SCREENSHOTS, where that is set. */
  async function picture(name: string, colorScheme: "light" | "dark" = "light"): Promise<void> {
    const to = process.env["SCREENSHOTS"];
    if (to === undefined || topology !== "micro") return;
    await page.emulateMedia({ colorScheme });
    await page.locator(`[data-theme="${colorScheme}"]`).waitFor();
    await page.screenshot({ path: join(to, `dashboard-${name}.png`), animations: "disabled" });
    await page.emulateMedia({ colorScheme: "light" });
  }

  /** Gives the order's id, when it is decided. */
  async function order(offerId: string, state: "confirmed" | "refused"): Promise<string> {
    const headers = { authorization: "Bearer dev:alice", "content-type": "application/json" };
    const body = JSON.stringify({ lines: [{ offerId, quantity: 1 }] });
    const placed = await fetch(`${shop.gateway}/v1/orders`, { method: "POST", headers, body });
    placedAt.push(Date.now());
    const { orderId } = (await placed.json()) as { orderId: string };
    const now = async () => (await fetch(`${shop.gateway}/v1/orders/${orderId}`, { headers })).json();
    await vi.waitFor(async () => expect(await now()).toMatchObject({ state }), { timeout: 30_000 });
    return orderId;
  }

  const spans = () => page.getByRole("tree", { name: "Spans" });

  /** Scrolls until a span is there: only those that can be seen are in the page. */
  async function find(name: string | RegExp, last = false) {
    const span = spans().getByRole("treeitem", { name });
    const area = page.locator(".waterfall");
    for (let tries = 0; (await span.count()) === 0; tries++) {
      if (tries > 200) throw new Error(`there is no span ${name}: ${await spans().innerText()}`);
      await area.evaluate((element) => {
        const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 1;
        element.scrollTop = atEnd ? 0 : element.scrollTop + 200;
      });
      await page.waitForTimeout(100);
    }
    return last ? span.last() : span.first();
  }

  test("a paid order's trace holds every service, its saga and its events", async () => {
    const id = await order("KG1001-1", "confirmed");
    await visit(`/sagas/orders/checkout/${id}`);
    await page.getByText("take payment").waitFor();
    await picture("saga");
    await page.getByRole("link", { name: "Trace", exact: true }).click();
    for (const name of ["saga checkout", "inventory@1.reserve", "payments@1.charge", "shipping@1.book"])
      await find(name);
    // What its events caused comes a little later, and the page shows it by itself.
    await find(/^Fold notifications|^notifications/);

    // What the customer waited for ends with the answer; the saga goes on, and the path through it can be shown.
    const marked = async () => page.locator(".waterfall .bar[data-critical=true]").count();
    await page.locator(".waterfall").evaluate((area) => void (area.scrollTop = 0));
    await page.getByRole("link", { name: "To the end" }).click();
    await expect.poll(marked, { timeout: 20_000 }).toBeGreaterThan(3);
    const toEnd = await marked();
    await picture("trace", "dark");
    await page.getByRole("link", { name: "Path to the answer" }).click();
    await expect.poll(marked, { timeout: 20_000 }).toBeLessThan(toEnd);
  }, 90_000);

  test("a declined payment is found by search", async () => {
    const catalog = shop.dataOf("catalog");
    // The bank declines totals that leave 16 by 20.
    await catalog`update offer set pence = 736 where offer_id = 'KG1014-1'`;
    await catalog.end();
    await order("KG1014-1", "refused");
    await visit("/traces");
    await row(/POST \/v1\/orders/)
      .first()
      .waitFor();
    await picture("traces");
    await page.getByRole("link", { name: "Errors", exact: true }).click();
    await page.getByRole("searchbox").fill("Declined");
    // Other orders fail too: until typing has paused and the answer is there, theirs are in the list.
    await page.waitForURL(/text=Declined/);
    await page.locator('.view-body[aria-busy="false"]').waitFor();
    await row(/POST \/v1\/orders/)
      .first()
      .waitFor();
    await row(/POST \/v1\/orders/)
      .first()
      .getByRole("link")
      .click();
    await (await find(/payments@1\.charge/)).click();
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
    const confirmed = page.getByRole("region", { name: "orders@1.confirmed" });
    await confirmed.getByRole("link", { name: /letter/ }).waitFor();
    await confirmed.scrollIntoViewIfNeeded();
    await picture("events");
    await confirmed.getByRole("link", { name: /letter/ }).click();
    const group = page.getByRole("region", { name: "orders@1.confirmed in notifications" });
    await group.getByText('relation "mail" does not exist').waitFor();
    await group.getByRole("link", { name: "Show messages" }).click();
    await group.getByText(id, { exact: true }).waitFor();
    await group.getByText(id, { exact: true }).click();
    await picture("dead-letters");
    await group.getByRole("button", { name: "Replay" }).first().click();
    await page.getByLabel(/Reason/).fill("the table is back");
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
    await page.getByText("1 message will be delivered again.").waitFor();
    await page.getByRole("heading", { name: "No dead letters" }).waitFor();
    await mails.end();
  }, 120_000);

  test("a parked saga is retried from the page", async () => {
    const id = await order("KG1003-1", "confirmed");
    const records = shop.dataOf("orders");
    // As if a release had forgotten the version of a saga that still runs.
    const orphaned = () =>
      records`update kerf.saga set version = 0, worker = null, state = 'running', ended_at = null, next_at = now()
        where id = ${id} and state = 'done' returning id`;
    await vi.waitFor(async () => expect(await orphaned()).toHaveLength(1), { timeout: 20_000 });
    await visit("/sagas");
    const one = row(new RegExp(id.slice(0, 13)));
    await one.getByText("parked").waitFor();
    await picture("sagas");
    await one.getByRole("link").click();
    await page
      .getByText(/no version 0/)
      .first()
      .waitFor();
    await records`update kerf.saga set version = 1 where id = ${id}`;
    await records.end();
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByLabel(/Reason/).fill("the version is back");
    await page.getByRole("dialog").getByRole("button", { name: "Retry" }).click();
    await page.locator(".facts").getByText("done").waitFor();
    await page.getByText(/retry – the version is back/).waitFor();
  }, 60_000);

  test("a call is tried as a person, by a form", async () => {
    await visit("/services/orders?member=orders@1.place&show=try");
    const form = page.getByRole("complementary", { name: "orders@1.place" });
    await form.getByText("Places an order for the person who calls").waitFor();
    await form.getByLabel("As", { exact: true }).selectOption({ label: "Alice Example" });
    await form.getByLabel("quantity").fill("none");
    await form.getByRole("button", { name: "Call" }).click();
    await form.getByText("must be a whole number", { exact: true }).waitFor();
    expect(await form.getByLabel("quantity").getAttribute("aria-invalid")).toBe("true");
    await form.getByLabel("quantity").fill("3");
    // Whoever is sent the address has the same form; what is sent is JSON, and can be seen.
    await page.waitForURL(/as=person%3Aalice.*/);
    await page.reload();
    await expect.poll(() => form.getByLabel("quantity").inputValue(), { timeout: 20_000 }).toBe("3");
    await form.getByRole("button", { name: "JSON", exact: true }).click();
    const json = form.getByLabel("Input as JSON");
    await json.fill(JSON.stringify({ lines: [{ offerId: "KG1001-1", quantity: 2 }] }));
    await form.getByRole("button", { name: "Form", exact: true }).click();
    expect(await form.getByLabel("quantity").inputValue()).toBe("2");
    // Without a mouse: what is added has the focus.
    await form.getByRole("button", { name: "+ reference" }).press("Enter");
    await page.keyboard.type(`by hand in ${topology}`);
    await page.keyboard.press("Control+Enter");
    placedAt.push(Date.now());
    const answer = form.getByRole("region", { name: "Answer" });
    await answer.getByText(/^20\d$/).waitFor();
    await answer.getByText('"totalPence": 500').waitFor();
    await picture("try");
    await answer.getByRole("link", { name: "Trace" }).click();
    await find("orders@1.place");
  }, 60_000);

  test("an event is published by hand, checked, and handled", async () => {
    await visit("/events?publish=users@1.renamed");
    const form = page.getByRole("complementary", { name: "Publish users@1.renamed" });
    await form.getByLabel("userId").fill("");
    await form.getByRole("button", { name: "Publish" }).click();
    await form.locator(".form-wrong").first().waitFor();
    await form.getByLabel("userId").fill("alice");
    await form.getByLabel("name", { exact: true }).fill("Alice Elsewhere");
    await form.getByLabel("Reason").fill("the name had not arrived");
    await form.getByRole("button", { name: "Publish" }).click();
    await form.getByText("Published as").waitFor();
    await picture("publish", "dark");
    const records = shop.dataOf("orders");
    const named = () => records`select from customer_name where name = 'Alice Elsewhere'`;
    await vi.waitFor(async () => expect(await named()).toHaveLength(1), { timeout: 20_000 });
    await records.end();
  }, 60_000);

  test("the map shows the calls of orders, told apart by where they went, at the replay's rate", async () => {
    await visit("/map?window=60000");
    const call = page.getByRole("link", { name: "service:orders to service:payments" });
    await expect
      .poll(() => call.getAttribute("data-local"), { timeout: 20_000 })
      .toBe(topology === "monolith" ? "true" : "false");
    await expect.poll(() => call.getAttribute("data-mood"), { timeout: 20_000 }).not.toBe("unseen");
    await picture("map");
    const way = page.getByRole("link", { name: "gateway to service:orders" });
    await way.focus();
    await page.locator("body").evaluate((body) => body.setAttribute("data-same", "page"));
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "Edge" });
    // Within the page, and for who has no mouse too.
    await expect.poll(() => panel.evaluate((one) => one.matches(":focus"))).toBe(true);
    expect(await page.locator("body").getAttribute("data-same")).toBe("page");
    const place = panel.getByRole("listitem").filter({ hasText: "orders@1.place" });
    // The window begins with a slot of ten seconds, and what happened just now is told a little later.
    const share = async () => {
      const shown = perMinute(await place.innerText());
      const since = Date.now() - 60_000;
      return shown / [...replay.placedAt, ...placedAt].filter((at) => at >= since).length;
    };
    await expect.poll(share, { timeout: 30_000 }).toSatisfy((found: number) => found > 0.75 && found < 1.3);
    await page.keyboard.press("Escape");
    await expect.poll(() => way.evaluate((one) => one.matches(":focus"))).toBe(true);
  }, 60_000);

  // The page is the same, however the shop is cut: tests of it alone run once.
  const once = test.runIf(topology === "monolith");

  once("a server that is gone is told of, and what came meanwhile is caught up with", async () => {
    await visit("/topology");
    await page.route("**/api/live**", (route) => route.fulfill({ status: 503 }));
    await page.reload();
    const told = page.getByText("No connection to the dashboard since");
    await told.waitFor();
    const caughtUp = page.waitForRequest(/\/api\/topology/);
    await page.unroute("**/api/live**");
    await told.waitFor({ state: "detached" });
    await caughtUp;
  });

  once(
    "back leads to the row that was opened, and where the list was",
    async () => {
      await visit("/traces");
      const rows = page.locator("[data-row]");
      await expect.poll(() => rows.count(), { timeout: 20_000 }).toBeGreaterThan(30);
      // An older page of the list stays as it is.
      await visit(`/traces?before=${Date.now()}`);
      const far = rows.nth(29);
      const href = (await far.getAttribute("href"))!;
      await far.focus();
      await page.keyboard.press("Enter");
      await spans().waitFor();
      await page.goBack();
      await expect
        .poll(() => page.locator(`[data-row][href="${href}"]`).evaluate((one) => one.matches(":focus")))
        .toBe(true);
      expect(await page.locator(".view-body").evaluate((area) => area.scrollTop)).toBeGreaterThan(100);
    },
    60_000,
  );

  once(
    "axe finds nothing wrong with any view, in light or dark",
    async () => {
      const hrefOf = async (path: string) => {
        await visit(path);
        return (await page.locator("tbody [data-row]").first().getAttribute("href"))!;
      };
      const trace = await hrefOf("/traces");
      const other = trace.split("/").at(-1)!;
      const saga = await hrefOf("/sagas");
      // Each with what is there as soon as it is loaded.
      const views = {
        "/map": ".map-card",
        "/traces": "tbody",
        [trace]: ".span-row",
        [`${trace}?with=${other}`]: "tbody",
        "/sagas": "tbody",
        [saga]: ".steps",
        "/events": ".card",
        "/events?publish=users@1.renamed": ".aside input",
        "/dead-letters": ".card, .empty",
        "/services": "tbody",
        "/services/orders?member=orders@1.place": ".aside .section",
        "/logs": ".log, .empty",
        "/metrics": ".chart",
        "/topology": "tbody",
      };
      const found: string[] = [];
      for (const [path, what] of Object.entries(views)) {
        await visit(path);
        await page.locator(what).first().waitFor();
        for (const one of await violationsOf(page)) found.push(`${path}: ${one}`);
      }
      expect(found).toEqual([]);
    },
    90_000,
  );

  test("services, logs and metrics tell of it too", async () => {
    await visit("/services");
    const cells = row(/^payments/).getByRole("cell");
    await expect
      .poll(async () => (await cells.allInnerTexts()).at(-5) ?? "", { timeout: 20_000 })
      .toMatch(/^\d.*\/(s|min)$/);
    await picture("services", "dark");
    await visit("/services/payments?member=payments@1.charge");
    await page
      .getByRole("complementary", { name: "payments@1.charge" })
      .getByText("orders")
      .first()
      .waitFor();
    await picture("contract");
    await visit("/logs?service=catalog");
    await page
      .getByRole("log")
      .getByText(/applied .*\.sql/)
      .first()
      .waitFor();
    await visit("/logs");
    await page.getByRole("log").waitFor();
    await picture("logs", "dark");
    await visit("/metrics?name=kerf.edge.duration&by=kerf.callee");
    const chart = page.getByRole("figure", { name: "p95" });
    await chart.getByText("payments").waitFor();
    await picture("metrics");
  }, 60_000);

  test("what has no route is called past the gateway, as a person, and said to be refused", async () => {
    await visit("/services/inventory?member=inventory@1.reserve&show=try&as=person:alice");
    const form = page.getByRole("complementary", { name: "inventory@1.reserve" });
    await form.getByText("It has no route: the call goes past the gateway").waitFor();
    await form.getByRole("button", { name: "JSON", exact: true }).click();
    const input = form.getByLabel("Input as JSON");
    await input.fill(JSON.stringify({ orderId: "by-hand", items: [] }));
    await page.keyboard.press("Control+Enter");
    await form.locator(".form-wrong").getByText("items").waitFor();
    const items = [{ article: "KG1001", quantity: 100_000 }];
    await input.fill(JSON.stringify({ orderId: "by-hand", items }));
    await page.keyboard.press("Control+Enter");
    const answer = form.getByRole("region", { name: "Answer" });
    await answer.getByText('"code": "OutOfStock"').waitFor();
    await answer.getByText("operator → inventory@1.reserve").waitFor();
    await answer.getByRole("link", { name: "Trace" }).click();
    await find("call inventory@1.reserve");
  }, 60_000);

  test("every process is there and ready, and a unit can be drained and started again", async () => {
    await visit("/topology");
    const ready = page.getByRole("row").getByText("ready");
    await expect.poll(() => ready.count(), { timeout: 20_000 }).toBe(topology === "monolith" ? 1 : 11);
    // In the monolith, everything would rest.
    if (topology === "monolith") return;
    const unit = page.getByRole("rowgroup", { name: "recommendations" });
    await unit.getByRole("button", { name: "Drain…" }).click();
    await page
      .getByRole("dialog")
      .getByText(/take nothing new|takes nothing new/)
      .waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await unit.getByText("drained").waitFor();
    await expect.poll(() => unit.innerText(), { timeout: 20_000 }).toMatch(/\d %/);
    await picture("topology");
    await visit("/map");
    await page.locator(".map-card").getByText("drained").waitFor();
    await page.goBack();
    await unit.getByRole("button", { name: "Restart" }).click();
    await unit.getByText("ready").waitFor();
  }, 90_000);
});

/** `"58/min"`, `"1.2/s"` and `"30/h"`, as the page writes rates. */
function perMinute(text: string): number {
  const [, number, unit] = /([\d.]+)\/(s|min|h)/.exec(text)!;
  return Number(number) * { s: 60, min: 1, h: 1 / 60 }[unit as "s" | "min" | "h"];
}
