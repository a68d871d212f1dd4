import { expect, test } from "vitest";
import { confirmation, refund, refusal } from "./letters.ts";
import { pounds } from "./pounds.ts";

const reader = { name: "Alice Example", email: "alice@customers.example", customerId: "alice" };

test("a confirmation lists what was bought at the price that was paid", () => {
  const letter = confirmation({
    ...reader,
    orderId: "o1",
    number: 7,
    totalPence: 1_530,
    lines: [{ name: "Hanging heart", quantity: 6, pence: 255 }],
  });
  expect(letter).toMatchObject({
    messageId: "<order-o1@shop.example>",
    to: reader.email,
    kind: "confirmation",
  });
  expect(letter.text).toContain("Dear Alice Example,");
  expect(letter.text).toContain("6 × Hanging heart, £2.55 each: £15.30");
  expect(letter.text).toContain("Total: £15.30");
});

test("a refusal says why, and never more than the customer should know", () => {
  const refused = { ...reader, orderId: "o1", number: 7 };
  expect(refusal({ ...refused, reason: "Declined" }).text).toContain("Your bank declined the payment.");
  expect(refusal({ ...refused, reason: "unknown" }).text).toContain("Something went wrong on our side.");
});

test("an order has one Message-ID and each return another", () => {
  const ids = [
    refusal({ ...reader, orderId: "1", number: 1, reason: "Declined" }).messageId,
    refund({ ...reader, returnId: "1", article: "85123A", quantity: 1, pence: 255 }).messageId,
    refund({ ...reader, returnId: "2", article: "85123A", quantity: 1, pence: 255 }).messageId,
  ];
  expect(new Set(ids).size).toBe(3);
});

test("pence are written as pounds", () => {
  expect([5, 100, 123_405, 100_000_000].map(pounds)).toEqual([
    "£0.05",
    "£1.00",
    "£1,234.05",
    "£1,000,000.00",
  ]);
});
