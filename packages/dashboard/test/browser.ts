import { execFile } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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

/** Builds the page as it is now into a folder, which whoever asks removes. */
export async function buildPages(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kerf-page-"));
  const [web, vite] = ["../web", "../../../node_modules/vite/bin/vite.js"].map((path) =>
    join(import.meta.dirname, path),
  );
  const args = [vite!, "build", web!, "--outDir", folder, "--logLevel", "warn"];
  await promisify(execFile)(process.execPath, args);
  return folder;
}
