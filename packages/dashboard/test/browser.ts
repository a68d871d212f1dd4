import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** Whether the page can be looked at here. In CI it must be: what starts the browser then fails. */
export const hasBrowser = existsSync(executablePath) || process.env["CI"] === "true";

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // Its sandbox wants another user than root; what it asks for by itself would look like the page's.
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
  });
}
