/** The pages at `/docs/` under `kerf dev`: somebody logs in at its own provider, in a real browser, and calls. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachEmbedded, type EmbeddedServer } from "@kerf/runtime/embedded";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyApp, KerfProcess } from "./kerf-process.ts";

const executablePath = "/usr/bin/chromium";

describe.skipIf(!existsSync(executablePath) && process.env["CI"] !== "true")(
  "the reference under kerf dev",
  () => {
    const app = copyApp();
    let server: EmbeddedServer;
    let dev: KerfProcess;
    let browser: Browser;
    let gateway: string;
    let issuer: string;

    beforeAll(async () => {
      mkdirSync(join(app.folder, "pg"));
      server = await attachEmbedded({ dataDir: join(app.folder, "pg") });
      const file = join(app.folder, "kerf.config.ts");
      const provider = `gateway: { developmentProvider: { people: [{ id: "ann", name: "Ann" }], clients: [] } },\n  hints:`;
      writeFileSync(file, readFileSync(file, "utf8").replace("hints:", provider));
      dev = new KerfProcess(["dev", "--port", "0", "--json", "--no-watch"], app.folder, {
        KERF_DATABASE_URL: server.url,
      });
      const ready = await dev.event("ready");
      gateway = ready.gateway!;
      issuer = ready.issuer!;
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
      });
    });
    afterAll(async () => {
      await browser?.close();
      await dev?.destroy();
      await server?.release({ now: true });
      app.remove();
    });

    test(
      "somebody logs in with a click and calls what is for people; nobody else is asked for anything",
      { timeout: 90_000 },
      async () => {
        const context = await browser.newContext({ viewport: { width: 1_200, height: 1_000 } });
        const elsewhere: string[] = [];
        context.on("request", (request) => {
          const { origin, protocol } = new URL(request.url());
          if (protocol !== "data:" && origin !== gateway && origin !== new URL(issuer).origin)
            elsewhere.push(request.url());
        });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on("console", (message) => {
          if (message.type() === "error") complaints.push(message.text());
        });
        await page.goto(`${gateway}/docs/`);
        await page.getByRole("button", { name: "Authorize", exact: true }).first().click();
        const flow = page.locator(".auth-container", { hasText: "authorization_code" });
        await flow.first().waitFor();
        const popupOpens = page.waitForEvent("popup");
        if (process.env["KERF_SCREENSHOTS"])
          await page.screenshot({ path: `${process.env["KERF_SCREENSHOTS"]}/oidc.png` });
        await flow.getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
        const popup = await popupOpens;
        const closed = popup.waitForEvent("close");
        await popup.getByRole("button", { name: /Ann/ }).click();
        await closed;
        await flow.getByRole("button", { name: "Remove authorization" }).waitFor();
        if (process.env["KERF_SCREENSHOTS"])
          await page.screenshot({ path: `${process.env["KERF_SCREENSHOTS"]}/oidc-done.png` });
        await page.getByRole("button", { name: "Close" }).first().click();

        const operation = page.locator(".opblock", { hasText: "/v1/mine" });
        await operation.getByRole("button").first().click();
        await operation.getByRole("button", { name: "Try it out" }).click();
        await operation.getByRole("button", { name: "Execute" }).click();
        await operation.locator(".live-responses-table .response-col_status").getByText("200").waitFor();
        expect(elsewhere).toEqual([]);
        expect(complaints).toEqual([]);
      },
    );

    test("shows what its services say to each other, to who develops them", async () => {
      const made = (await (await fetch(`${gateway}/asyncapi.json`)).json()) as { asyncapi: string };
      expect(made.asyncapi).toBe("3.0.0");
    });
  },
);
