/** The shop's front end as its customers meet it: a real browser, `kerf dev`, and the provider that it runs. */
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openBrowser, startShop, withoutBrowser, type RunningShop } from "./browser.ts";

const articles = "Winter Robin Stoneware Mug";

describe.skipIf(withoutBrowser)("the shop in a browser", () => {
  let shop: RunningShop;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the console said is wrong, violations of the content security policy included. */
  let wrong: string[];
  let origins: Set<string>;

  beforeAll(async () => {
    [shop, browser] = await Promise.all([startShop(), openBrowser()]);
    await orderBefore(shop);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  });

  beforeEach(async () => {
    wrong = [];
    origins = new Set();
    context = await browser.newContext({ viewport: { width: 1_200, height: 860 } });
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
  });
  afterEach(async () => {
    await context.close();
    expect(wrong).toEqual([]);
    // No font, script or picture of anybody else.
    expect([...origins].filter((origin) => origin !== shop.gateway && origin !== shop.issuer)).toEqual([]);
  });

  test("a customer logs in, buys, sees the order change without a reload, and logs out", async () => {
    await page.goto(shop.gateway);
    await page.getByRole("link", { name: "Busy Bumblebee Doorstop" }).waitFor();
    await picture(page, "shop");
    await page.getByRole("searchbox").fill("robin mug");
    await page.getByRole("link", { name: articles }).click();
    await page.getByText("In stock").waitFor();
    await page.getByRole("button", { name: `Add ${articles} to the cart` }).click();
    await page.getByRole("link", { name: "Cart, 1 piece" }).click();
    await page.getByRole("button", { name: "One more" }).click();
    await page.getByRole("link", { name: "Cart, 2 pieces" }).waitFor();
    await page.getByRole("link", { name: "Check out" }).click();
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();

    await page.getByRole("heading", { name: "Log in to the shop" }).waitFor();
    expect(new URL(page.url()).origin).toBe(shop.issuer);
    await picture(page, "log-in");
    await page.getByRole("button", { name: /Alice Example/ }).click();

    await page.getByText("1 Heart Lane").waitFor();
    const watched = page.waitForResponse(/\/watch$/);
    await using bank = await closeBank(shop);
    await page.getByRole("button", { name: "Order for £17.20" }).click();
    const state = page.getByRole("status").filter({ hasText: /In progress|Confirmed/ });
    await expect.poll(() => state.textContent(), { timeout: 10_000 }).toBe("In progress");
    expect((await watched).headers()["content-type"]).toBe("text/event-stream");
    // Gone, if the page were loaded anew.
    await page.evaluate("globalThis.stayed = true");
    await bank.open();
    await expect.poll(() => state.textContent(), { timeout: 15_000 }).toBe("Confirmed");
    expect(await page.evaluate("globalThis.stayed")).toBe(true);
    await picture(page, "order");

    await page.getByRole("link", { name: "Orders", exact: true }).click();
    const mine = page.getByRole("listitem").filter({ hasText: "£17.20" });
    expect(await mine.textContent()).toContain("Confirmed");

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log in" }).waitFor();
    expect(page.url()).toBe(`${shop.gateway}/`);
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).not.toContain("access_token");
    // At the provider too: it asks who it is.
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Log in to the shop" }).waitFor();
  }, 90_000);

  test("who comes back after a token has ended is still logged in", async () => {
    await page.goto(`${shop.gateway}/orders`);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: /Ben Example/ }).click();
    await page.getByRole("heading", { name: "My orders" }).waitFor();
    const before = await tokenOf(page);
    await page.evaluate(`for (const [key, text] of Object.entries(sessionStorage))
      if (key.startsWith("oidc.user:"))
        sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(text), expires_at: 1 }))`);
    await page.reload();
    await page
      .getByRole("link", { name: /^Order \d+$/ })
      .first()
      .waitFor();
    expect(await tokenOf(page)).not.toBe(before);
  });

  test("an order of somebody else is not to be seen", async () => {
    await page.goto(`${shop.gateway}/orders`);
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: /Ben Example/ }).click();
    await page.getByRole("heading", { name: "My orders" }).waitFor();
    const link = page.getByRole("link", { name: /^Order \d+$/ }).first();
    const path = (await link.getAttribute("href"))!;
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL(`${shop.gateway}/`);
    await page.goto(shop.gateway + path);
    await page.getByRole("alert").getByText("There is nothing here").waitFor();
    // The browser itself says so in the console.
    expect(wrong.splice(0)).toEqual([expect.stringContaining("404")]);
  });

  test("who has no address yet gives one, once", async () => {
    await page.goto(`${shop.gateway}/products/KG1001`);
    await page.getByRole("button", { name: /to the cart/ }).click();
    await page.getByRole("link", { name: "Cart, 1 piece" }).click();
    await page.getByRole("link", { name: "Check out" }).click();
    await page.getByRole("main").getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: /Olive Office/ }).click();
    await page.getByLabel("E-mail").fill("olive@office.example");
    await page.getByLabel("Address").fill("3 Office Row\nLeeds");
    await page.getByRole("button", { name: /^Order for/ }).click();
    await page.getByText("3 Office Row").waitFor();
    await expect
      .poll(() => page.getByRole("status").filter({ hasText: "Confirmed" }).count(), { timeout: 15_000 })
      .toBe(1);
    // The question for an address that is not there; the browser says so in the console.
    expect(wrong.splice(0)).toEqual([expect.stringContaining("404")]);
  });

  test("the keyboard is enough", async () => {
    await page.goto(shop.gateway);
    await page.getByRole("link", { name: "Busy Bumblebee Doorstop" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Scarlet Heart");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "“Scarlet Heart”" }).waitFor();
    await page.getByRole("button", { name: "Log in" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Log in to the shop" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toContain("Alice Example");
    await page.keyboard.press("Enter");
    await page.getByText("Alice Example").waitFor();
    expect(page.url()).toContain("search=Scarlet");
  });

  test("it is readable in the dark, and on a telephone", async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${shop.gateway}/?search=lighthouse`);
    await page.getByRole("link", { name: "Little Lighthouse Stoneware Mug" }).waitFor();
    const [ground, ink] = (await page.evaluate(
      "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]",
    )) as [string, string];
    expect(lightness(ground)).toBeLessThan(0.2);
    expect(lightness(ink)).toBeGreaterThan(0.8);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await picture(page, "telephone");
  });
});

/** The bank makes its tables with its first charge: one of Ben's, over the API. */
async function orderBefore({ gateway }: RunningShop): Promise<void> {
  const headers = { authorization: "Bearer dev:ben", "content-type": "application/json" };
  const placed = await fetch(`${gateway}/v1/orders`, {
    method: "POST",
    headers,
    body: JSON.stringify({ lines: [{ offerId: "KG1001-1", quantity: 1 }] }),
  });
  const { orderId } = (await placed.json()) as { orderId: string };
  const state = async () =>
    ((await (await fetch(`${gateway}/v1/orders/${orderId}`, { headers })).json()) as { state: string }).state;
  await vi.waitFor(async () => expect(await state()).toBe("confirmed"), { timeout: 15_000 });
}

/** Charges wait from now on, until the bank is open again. */
async function closeBank({ bank }: RunningShop): Promise<{ open(): Promise<void> } & AsyncDisposable> {
  const closed = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const over = bank.begin(async (sql) => {
    await sql`lock table log in access exclusive mode`;
    closed.resolve();
    await open.promise;
  });
  await Promise.race([closed.promise, over]);
  async function opened(): Promise<void> {
    open.resolve();
    await over;
  }
  return { open: opened, [Symbol.asyncDispose]: opened };
}

async function tokenOf(page: Page): Promise<string> {
  return (await page.evaluate(`JSON.parse(Object.entries(sessionStorage)
    .find(([key]) => key.startsWith("oidc.user:"))[1]).access_token`)) as string;
}

async function focused(page: Page): Promise<string> {
  return (await page.evaluate("document.activeElement.textContent.trim()")) as string;
}

/** Of `rgb(…)`, from 0 to 1. */
function lightness(colour: string): number {
  const parts = colour
    .match(/[\d.]+/g)!
    .slice(0, 3)
    .map(Number);
  return parts.reduce((sum, part) => sum + part, 0) / (3 * 255);
}

/** Into the folder of SCREENSHOTS, where that is set: `SCREENSHOTS=docs/images npx vitest run examples/shop/tests/web.test.ts`. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder !== undefined)
    await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}
