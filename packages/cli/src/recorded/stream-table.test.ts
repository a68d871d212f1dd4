import { expect, test } from "vitest";
import type { Output } from "../output.ts";
import { streamRate, streamTable } from "./stream-table.ts";

const output: Output = {
  json: false,
  colour: false,
  line: () => {},
  note: () => {},
  paint: (style, text) => (style === "red" ? `!${text}` : text),
};

test("streams are shown as what is open, what ended and what they answered", () => {
  const row = { source: "gateway", target: "stock", member: "stock@1.watch", local: 0, open: 2, ended: 3 };
  const rates = [
    { ...row, errors: 1, refused: 2, messages: 60 },
    { ...row, member: "stock@1.levels", local: -1, errors: 0, refused: 0, messages: 0 },
  ].map((one) => streamRate(one, 30_000));
  expect(rates[0]).toMatchObject({ caller: "gateway", local: false, messagesPerSecond: 2 });
  const [head, failed, fine] = streamTable(rates, output);
  expect(head).toMatch(/from +to +stream +where +open +ended +errors +refused +messages +rate/);
  expect(failed).toMatch(/^!gateway +stock +stock@1\.watch +remote +2 +3 +1 +2 +60 +2/);
  expect(fine).toMatch(/^gateway +stock +stock@1\.levels +- +2 +3 +- +- +0/);
});

test("in 80 columns they have what is open, and what failed", () => {
  const row = {
    source: "storefront",
    target: "recommendations",
    member: "recommendations@1.watchTrending",
    local: 0,
  };
  const rates = [{ ...row, open: 12, ended: 345, errors: 6, refused: 7, messages: 123_456 }];
  const table = streamTable(
    rates.map((one) => streamRate(one, 30_000)),
    output,
    80,
  );
  expect(table).toEqual([
    "from       to         stream                open  ended  errors  refused  rate",
    "!stor…ront  reco…ions  recommend…chTrending  12    345    6       7        4115/s",
    "Left out: where, messages; --json has all.",
  ]);
});
