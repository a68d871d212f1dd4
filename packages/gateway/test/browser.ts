import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** Whether pages can be looked at here. In CI they must be: what starts the browser then fails. */
export const hasBrowser = existsSync(executablePath) || process.env["CI"] === "true";

/** Debian's Chromium, with no network of its own: what it asks for by itself would look like the page's. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
  });
}
