import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { readSettings, settingName } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const needs = {
  settings: z.object({
    bankUrl: z.url(),
    tries: z.int().default(3),
    dryRun: z.boolean().optional(),
    archive: z.string().meta({ database: "archive" }),
  }),
};
const read = (
  environment: Record<string, string>,
  given: Record<string, string> = { archive: "postgres://a" },
) => readSettings("payments", needs as never, environment, given);
const url = { KERF_PAYMENTS_BANK_URL: "https://bank.example" };

test("names follow from the service and the field", () => {
  expect(settingName("payments", "bankUrl")).toBe("KERF_PAYMENTS_BANK_URL");
  expect(settingName("orderItems", "x")).toBe("KERF_ORDER_ITEMS_X");
});

test("text becomes what its field is; a provisioned database gives its URL, unless one is named", () => {
  const given = { ...url, KERF_PAYMENTS_TRIES: "5", KERF_PAYMENTS_DRY_RUN: "true" };
  expect(read(given)).toEqual({
    bankUrl: "https://bank.example",
    tries: 5,
    dryRun: true,
    archive: "postgres://a",
  });
  expect(read({ ...url, KERF_PAYMENTS_ARCHIVE: "postgres://b" })).toMatchObject({ archive: "postgres://b" });
});

test("a file gives the value, without the newline at its end", () => {
  const file = join(folder, "bank");
  writeFileSync(file, "https://bank.example\n");
  expect(read({ KERF_PAYMENTS_BANK_URL_FILE: file })).toMatchObject({ bankUrl: "https://bank.example" });
  expect(() => read({ KERF_PAYMENTS_BANK_URL_FILE: join(folder, "none") })).toThrow(
    /KERF_PAYMENTS_BANK_URL_FILE.*cannot be read/,
  );
});

test("everything that is missing or wrong is named at once, and no value is shown", () => {
  const wrong = {
    KERF_PAYMENTS_BANK_URL: "s3cret",
    KERF_PAYMENTS_TRIES: "many",
    KERF_PAYMENTS_DRY_RUN: "yes",
  };
  const error = (() => {
    try {
      read(wrong, {});
    } catch (thrown) {
      return (thrown as Error).message;
    }
    return "";
  })();
  for (const name of ["BANK_URL", "TRIES", "DRY_RUN", "ARCHIVE"])
    expect(error).toContain(`KERF_PAYMENTS_${name}`);
  for (const value of ["s3cret", "many", "yes"]) expect(error).not.toContain(value);
});
