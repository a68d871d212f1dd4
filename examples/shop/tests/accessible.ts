import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What axe finds wrong with the page in light and in dark: one line for each element, with the rule that it breaks. */
export async function violationsOf(page: Page): Promise<string[]> {
  // By the debugger, since the page's policy lets no other script in.
  await page.evaluate(axe);
  const found = await violationsIn(page, {});
  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator('[data-theme="dark"]').waitFor();
  // Nothing else differs.
  found.push(...(await violationsIn(page, { runOnly: ["color-contrast"] })));
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

async function violationsIn(page: Page, options: RunOptions): Promise<string[]> {
  return await page.evaluate(async (wanted) => {
    const { violations } = await (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run(
      wanted,
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, any, all, none }) => {
        const [why] = [...any, ...all, ...none];
        return `${id}: ${target.join(" ")}: ${why?.message}`;
      }),
    );
  }, options);
}
