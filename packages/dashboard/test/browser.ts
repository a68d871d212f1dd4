import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
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

let built: Promise<string> | undefined;

/** A folder with the page as it is now. It goes with the process. */
export function builtPages(): Promise<string> {
  return (built ??= build());
}

async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kerf-page-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const [web, vite] = ["../web", "../../../node_modules/vite/bin/vite.js"].map((path) =>
    join(import.meta.dirname, path),
  );
  const args = [vite!, "build", web!, "--outDir", folder, "--logLevel", "warn"];
  await promisify(execFile)(process.execPath, args);
  return folder;
}
