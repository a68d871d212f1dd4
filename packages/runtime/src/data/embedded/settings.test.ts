import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { expect, test } from "vitest";
import { attachEmbedded } from "../embedded.ts";
import { SETTINGS } from "./settings.ts";

test("the server has each setting, and the page on it gives each a reason", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "kerf-settings-"));
  const server = await attachEmbedded({ dataDir });
  const sql = postgres(server.url, { max: 1, fetch_types: false });
  try {
    const rows = await sql<{ name: string; value: string; source: string }[]>`
      select name, current_setting(name) as value, source from pg_settings where lower(name) = any (${`{${Object.keys(SETTINGS).map((name) => name.toLowerCase())}}`}::text[])`;
    const actual = Object.fromEntries(rows.map((row) => [row.name.toLowerCase(), row.value]));
    expect(actual).toEqual(SETTINGS);
    expect(actual).toMatchObject({ fsync: "on", synchronous_commit: "on", full_page_writes: "on" });
  } finally {
    await sql.end();
    await server.release({ now: true });
    rmSync(dataDir, { recursive: true, force: true });
  }
  const page = readFileSync(
    new URL("../../../../../docs/decisions/embedded-postgresql.md", import.meta.url),
    "utf8",
  );
  expect(Object.keys(SETTINGS).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
