/** The built page in a real browser, against the real server, with telemetry as it is sent. */
import { rmSync } from "node:fs";
import { openDashboard, type Dashboard } from "@kerf/dashboard";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPages, hasBrowser, openBrowser } from "./browser.ts";
import { shopStory, type Story } from "./shop-story.ts";

const token = "a-token-of-a-test-that-nobody-can-guess";

describe.skipIf(!hasBrowser)("the dashboard's page", () => {
  let pages: string;
  let dashboard: Dashboard;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let story: Story;
  const restarted: string[] = [];
  const drained: string[] = [];
  /** What the console said is wrong, violations of the content security policy included. */
  let wrong: string[];
  let origins: Set<string>;

  beforeAll(async () => {
    pages = await buildPages();
    dashboard = await openDashboard({
      host: "127.0.0.1",
      port: 0,
      token,
      file: ":memory:",
      pages,
      app: "shop",
      topology: "split",
      who: "tester",
      gateway: () => undefined,
      application: () => Promise.reject(new Error("this test has none")),
      operations: undefined,
      control: {
        describe: async () => ({
          units: [{ name: "checkout", gateway: false, services: ["orders", "payments"] }],
          processes: [
            {
              name: "checkout",
              unit: "checkout",
              state: "ready",
              pid: process.pid,
              address: "127.0.0.1:5000",
              restarts: 2,
              startedAt: Date.now() - 60_000,
            },
          ],
        }),
        restart: async (name) => void restarted.push(name),
        drain: async (unit) => void drained.push(unit),
      },
      onError: (error) => wrong.push(String(error)),
    });
    story = shopStory(Date.now());
    for (const signal of ["traces", "logs", "metrics"] as const) await send(signal, story[signal]);
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await dashboard?.close();
    rmSync(pages, { recursive: true, force: true });
  });

  async function send(signal: string, body: object): Promise<void> {
    const response = await fetch(`${dashboard.endpoint}/v1/${signal}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  }
  const open = (path: string) => page.goto(dashboard.endpoint + path);
  const row = (name: RegExp | string) => page.getByRole("row", { name });

  beforeEach(async () => {
    wrong = [];
    origins = new Set();
    context = await browser.newContext({ viewport: { width: 1_440, height: 860 } });
    context.setDefaultTimeout(10_000);
    page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    await page.goto(dashboard.url);
    await page.getByRole("heading", { name: "Map" }).waitFor();
  });
  afterEach(async () => {
    await context.close();
    expect(wrong).toEqual([]);
    // No font, script or picture of anybody else.
    expect([...origins]).toEqual([dashboard.endpoint]);
  });

  test("takes the token out of the address, and offers only views that work here", async () => {
    expect(page.url()).not.toContain(token);
    const names = await page.getByRole("navigation", { name: "Views" }).getByRole("link").allInnerTexts();
    // There is no database: no sagas, no dead letters.
    expect(names.map((name) => name.split("\n")[0])).toEqual([
      "Map",
      "Traces",
      "Events",
      "Services",
      "Logs",
      "Metrics",
      "Topology",
    ]);
  });

  test("asks for the token where there is none, and says when it is wrong", async () => {
    await context.clearCookies();
    await page.goto(dashboard.endpoint);
    await page.getByLabel("Token").fill("guessed");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Token").fill(dashboard.url);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: "Map" }).waitFor();
    // The browser tells of each refused answer; nothing else went wrong.
    wrong = wrong.filter((text) => !/status of 40[13]/.test(text));
  });

  test("finds a declined payment by search, and shows where it failed", async () => {
    await open("/traces");
    await row(/POST \/orders/)
      .first()
      .waitFor();
    await page.getByRole("searchbox").fill("declined");
    await expect.poll(() => row(/GET \/products/).count()).toBe(0);
    await page.getByRole("link", { name: "Errors", exact: true }).click();
    expect(new URL(page.url()).search).toBe("?text=declined&status=error");
    await row(/POST \/orders/)
      .first()
      .getByRole("link")
      .click();
    await page
      .getByRole("treeitem", { name: /payments@1\.charge/ })
      .last()
      .click();
    const span = page.getByRole("complementary", { name: "Span" });
    await span.getByText("the card was declined: insufficient funds").waitFor();
    await span.getByText("critical path").waitFor();
    // Whoever is sent the address sees the same.
    await page.reload();
    await span.getByText("the card was declined: insufficient funds").waitFor();
  });

  test("shows an order's trace with its saga, its queries, and what its event caused", async () => {
    await open(`/traces/${story.paid}`);
    const tree = page.getByRole("tree", { name: "Spans" });
    await tree.getByText("saga checkout").waitFor();
    await tree.getByText(/^UPDATE stock SET reserved/).waitFor();
    expect(await page.locator(".bar[data-local=true]").count()).toBeGreaterThan(1);
    await page.getByRole("region", { name: "Related traces" }).getByText("notifications").click();
    await expect.poll(() => page.url()).toContain(story.mailed);
    await page.getByRole("heading", { name: "process orders@1.placed" }).waitFor();
  });

  test("walks a trace by keyboard", async () => {
    await open(`/traces/${story.paid}`);
    const tree = page.getByRole("tree", { name: "Spans" });
    await tree.focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
    const span = page.getByRole("complementary", { name: "Span" });
    await span.getByRole("heading", { name: "orders@1.place" }).waitFor();
    const rows = tree.getByRole("treeitem");
    const before = await rows.count();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => rows.count()).toBe(3);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => rows.count()).toBe(before);
    await page.keyboard.press("Escape");
    await span.waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.getByRole("heading", { name: "Logs" }).waitFor();
  });

  test("compares two traces", async () => {
    await open(`/traces/${story.paid}`);
    await page.getByRole("link", { name: "Compare with…" }).click();
    await page.getByRole("link", { name: "Errors", exact: true }).click();
    await row(/POST \/orders/)
      .first()
      .getByRole("link")
      .click();
    await row(/inventory@1\.release/)
      .first()
      .getByText("not there")
      .waitFor();
  });

  test("draws who calls whom, and what is behind an edge", async () => {
    const edge = page.getByRole("link", { name: "service:orders to service:payments" });
    // A card that is declined is no error of who says so.
    expect(await edge.getAttribute("data-mood")).toBe("plain");
    await edge.focus();
    await page.keyboard.press("Enter");
    const panel = page.getByRole("complementary", { name: "Edge" });
    await panel.getByText(/% refused$/).waitFor();
    await panel.getByRole("heading", { name: "orders → payments" }).waitFor();
    await panel.getByText("within one process").waitFor();
    await panel.getByRole("link", { name: "payments@1.charge" }).click();
    await row(/POST \/orders/)
      .first()
      .waitFor();
    await page.goBack();
    await panel.waitFor();
  });

  test("shows new log lines and traces as they come", async () => {
    await open("/logs");
    await page.getByText("charged 42.00 EUR").first().waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Live" }).count()).toBe(1);
    await send("logs", {
      resourceLogs: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "shipping" } }] },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: `${BigInt(Date.now()) * 1_000_000n}`,
                  severityNumber: 17,
                  body: { stringValue: "the van broke down" },
                },
              ],
            },
          ],
        },
      ],
    });
    const log = page.getByRole("log");
    await log.getByText("the van broke down").waitFor();
    expect(await log.locator("details").first().innerText()).toContain("the van broke down");
    await page.getByRole("link", { name: "error and above" }).click();
    await expect.poll(() => log.locator("details").count()).toBe(1);
  });

  test("shows percentiles over time", async () => {
    await open("/metrics?name=kerf.edge.duration");
    const chart = page.getByRole("figure", { name: "p95" });
    await chart.getByText("orders").waitFor();
    const drawn = await chart.locator("path").first().getAttribute("d");
    expect(drawn!.match(/L/g)!.length).toBeGreaterThan(10);
  });

  test("shows processes, restarts one, and drains a unit when that is confirmed", async () => {
    await open("/topology");
    await row(/checkout/)
      .getByText("ready")
      .waitFor();
    await row(/checkout/)
      .getByRole("button", { name: "Restart" })
      .click();
    await expect.poll(() => restarted).toEqual(["checkout"]);
    await row(/checkout/)
      .getByRole("button", { name: "Drain…" })
      .click();
    const dialog = page.getByRole("dialog", { name: "Drain checkout?" });
    await dialog.getByText("Calls of orders, payments fail from then on").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect(drained).toEqual([]);
    await row(/checkout/)
      .getByRole("button", { name: "Drain…" })
      .click();
    await dialog.getByRole("button", { name: "Drain" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(drained).toEqual(["checkout"]);
  });

  test("keeps the reader's choice of light or dark", async () => {
    const theme = () => page.locator("html").getAttribute("data-theme");
    expect(await theme()).toBe("light");
    await page.keyboard.press("\\");
    await expect.poll(theme).toBe("dark");
    await page.reload();
    await expect.poll(theme).toBe("dark");
  });
});
