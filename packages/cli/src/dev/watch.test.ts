import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchFolder } from "./watch.ts";

let folder: string;
let watcher: { close(): void };
let reports: string[][];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kerf-watch-"));
  mkdirSync(join(folder, "services/orders"), { recursive: true });
  mkdirSync(join(folder, "node_modules/x"), { recursive: true });
  writeFileSync(join(folder, "services/orders/service.ts"), "1");
  reports = [];
  watcher = watchFolder(folder, (files) => reports.push(files.map((file) => file.slice(folder.length + 1))), {
    debounceMs: 40,
  });
});

afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true });
});

const path = (name: string) => join(folder, name);
const until = async (expected: string[][]) =>
  vi.waitFor(() => expect(reports).toEqual(expected), { timeout: 5_000 });

test("several writes in a row are one change", async () => {
  for (let i = 0; i < 5; i++) appendFileSync(path("services/orders/service.ts"), "2");
  await until([["services/orders/service.ts"]]);
  await sleep(120);
  expect(reports).toHaveLength(1);
});

test("a save by renaming, a new file and a removed one are changes", async () => {
  writeFileSync(path("services/orders/service.ts.new"), "3");
  renameSync(path("services/orders/service.ts.new"), path("services/orders/service.ts"));
  writeFileSync(path("services/orders/place.ts"), "");
  await until([["services/orders/place.ts", "services/orders/service.ts"]]);
  rmSync(path("services/orders/place.ts"));
  await until([["services/orders/place.ts", "services/orders/service.ts"], ["services/orders/place.ts"]]);
});

test("files in a new folder are seen, those put there at once and those that come later", async () => {
  mkdirSync(path("services/carts/migrations"), { recursive: true });
  writeFileSync(path("services/carts/migrations/0001_carts.sql"), "create table carts ()");
  await until([["services/carts/migrations/0001_carts.sql"]]);
  writeFileSync(path("services/carts/service.ts"), "");
  await until([["services/carts/migrations/0001_carts.sql"], ["services/carts/service.ts"]]);
});

test("a touch, tests, dependencies, hidden and backup files are no changes", async () => {
  utimesSync(path("services/orders/service.ts"), new Date(), new Date());
  writeFileSync(path("services/orders/service.test.ts"), "");
  writeFileSync(path("node_modules/x/index.js"), "");
  writeFileSync(path("services/orders/.service.ts.swp"), "");
  writeFileSync(path("services/orders/service.ts~"), "");
  mkdirSync(path(".kerf"));
  writeFileSync(path(".kerf/data"), "");
  await sleep(200);
  expect(reports).toEqual([]);
});
