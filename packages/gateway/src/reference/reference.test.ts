import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { command, contract, query } from "kerf";
import { z } from "zod";
import { hasBrowser, openBrowser } from "../../test/browser.ts";
import { startInventory } from "../../test/inventory.ts";
import type { Gateway } from "../index.ts";

const sku = z.string().meta({ examples: ["heart"] });
const shelf = contract("shelf", {
  version: 1,
  stock: query({
    description: "How much there is of an article.",
    http: "GET /stock/:sku",
    access: "public",
    input: z.object({ sku }),
    output: z.object({ sku, left: z.int() }),
  }),
  recount: command({
    http: "PUT /stock/:sku",
    access: "role:clerk",
    input: z.object({ sku, left: z.int() }).meta({ examples: [{ sku: "heart", left: 12 }] }),
    output: z.object({ sku, left: z.int() }),
  }),
});

const start = (options: Parameters<typeof startInventory>[0] = {}): Promise<Gateway> =>
  startInventory({
    contracts: [shelf],
    invoke: async ({ input, actor }) => ({ left: actor === undefined ? 7 : 8, ...(input as object) }),
    reference: {},
    credentials: { development: true },
    ...options,
  });

describe("/docs", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await start();
  });
  afterAll(() => gateway.drain(0));

  it("is not there unless it is asked for", async () => {
    const without = await start({ reference: undefined });
    for (const path of ["/docs", "/docs/", "/docs/page.js"])
      expect((await fetch(without.url + path)).status).toBe(404);
    await without.drain(0);
  });

  it("lets nothing run, load or frame it but what is its own", async () => {
    const answer = await fetch(`${gateway.url}/docs`);
    expect(answer.url).toBe(`${gateway.url}/docs/`);
    const policy = answer.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toContain("unsafe-eval");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await answer.text()).not.toMatch(/https?:\/\//);
  });

  it("lets the page ask the issuers for tokens, and nobody else", async () => {
    const issuers = ["https://id.example/realm", "https://id.example/other"];
    const other = await start({ credentials: { issuers } });
    const policy = (await fetch(`${other.url}/docs/`)).headers.get("content-security-policy");
    expect(policy).toContain("connect-src 'self' https://id.example;");
    await other.drain(0);
  });

  it("is sent packed, and once", async () => {
    const bundle = await fetch(`${gateway.url}/docs/swagger-ui-bundle.js`);
    expect([bundle.status, bundle.headers.get("content-encoding")]).toEqual([200, "gzip"]);
    const etag = bundle.headers.get("etag")!;
    const again = await fetch(bundle.url, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
    const plain = await fetch(bundle.url, { headers: { "accept-encoding": "identity" } });
    expect([plain.headers.get("content-encoding"), (await plain.text()).length > 1_000_000]).toEqual([
      null,
      true,
    ]);
  });

  it("has no file but its own", async () => {
    for (const path of ["/docs/swagger-ui.js", "/docs/package.json", "/docs/%2e%2e%2fpackage.json"])
      expect((await fetch(gateway.url + path)).status).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${gateway.url}/docs/`, { method: "POST" })).status).toBe(405);
  });
});

describe.skipIf(!hasBrowser)("/docs in a browser", () => {
  let gateway: Gateway;
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    [gateway, browser] = await Promise.all([start(), openBrowser()]);
    page = await browser.newPage({ viewport: { width: 1_200, height: 1_000 } });
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${gateway.url}/docs/`);
    await page.getByText("How much there is of an article.").waitFor();
  });
  afterEach(() => {
    const elsewhere = asked.filter((url) => !url.startsWith(`${gateway.url}/`) && !url.startsWith("data:"));
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.drain(0);
  });

  it("shows every operation, from here and nowhere else", async () => {
    await page.getByText("/v1/stock/{sku}").first().waitFor();
    expect(await page.locator(".opblock").count()).toBe(2);
    expect(asked).toContain(`${gateway.url}/openapi.json`);
    if (process.env["KERF_SCREENSHOTS"])
      await page.screenshot({ path: `${process.env["KERF_SCREENSHOTS"]}/reference.png` });
  });

  it("tries a query with the example of the contract", async () => {
    await page.locator("#operations-shelf-shelf_v1_stock").getByRole("button").first().click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table .response-col_status").getByText("200").waitFor();
    expect(await page.locator(".live-responses-table").innerText()).toContain('"left": 7');
    expect(await page.locator(".request-url").first().innerText()).toContain("/v1/stock/heart");
    await page.locator("#operations-shelf-shelf_v1_stock").getByRole("button").first().click();
  });

  it("logs in with a token and sends it", async () => {
    await page.getByRole("button", { name: "Authorize", exact: true }).first().click();
    await page.getByLabel("auth-bearer-value").fill("ann:clerk");
    await page.getByRole("button", { name: "Apply credentials" }).click();
    if (process.env["KERF_SCREENSHOTS"])
      await page.screenshot({ path: `${process.env["KERF_SCREENSHOTS"]}/reference-log-in.png` });
    await page.getByRole("button", { name: "Close" }).click();
    await page.locator("#operations-shelf-shelf_v1_recount").getByRole("button").first().click();
    await page.getByRole("button", { name: "Try it out" }).click();
    expect(JSON.parse(await page.locator("textarea.body-param__text").inputValue())).toEqual({ left: 12 });
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table .response-col_status").getByText("200").waitFor();
    expect(await page.locator(".live-responses-table").innerText()).toContain('"left": 12');
    if (process.env["KERF_SCREENSHOTS"])
      await page.screenshot({
        path: `${process.env["KERF_SCREENSHOTS"]}/reference-tried.png`,
        fullPage: true,
      });
  });
});
