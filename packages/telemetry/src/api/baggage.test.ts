import { baggageEntryMetadataFromString, propagation } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { decodeBaggage, encodeBaggage } from "./baggage.ts";

test("baggage is read and written as the W3C has it", () => {
  const text = "tenant=blue,user%20name=x,name=Ad%C3%A9%2C%20L;secure;level=3, empty=";
  const baggage = decodeBaggage(text);
  expect(baggage.getEntry("name")!.value).toBe("Ad\u00e9, L");
  expect(encodeBaggage(baggage)).toBe("tenant=blue,user%20name=x,name=Ad%C3%A9%2C%20L;secure;level=3,empty=");
});

test("what is malformed is left out", () => {
  expect(encodeBaggage(decodeBaggage("=x,a b=c,broken=%E0%A4,,fine=1"))).toBe("fine=1");
  expect(encodeBaggage(decodeBaggage(""))).toBeUndefined();
  const odd = propagation.createBaggage({
    "a,b": { value: "x" },
    ok: { value: "\r\nset-cookie: x", metadata: baggageEntryMetadataFromString("a\r\nb") },
  });
  expect(encodeBaggage(odd)).toBe("ok=%0D%0Aset-cookie%3A%20x");
});

test("it holds 64 entries and 8,192 bytes at most", () => {
  const many = propagation.createBaggage(
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, { value: "v" }])),
  );
  expect(encodeBaggage(many)!.split(",")).toHaveLength(64);
  const large = propagation.createBaggage({
    a: { value: "x".repeat(8_000) },
    b: { value: "x".repeat(200) },
    c: { value: "x".repeat(180) },
  });
  expect(encodeBaggage(large)).toHaveLength(8_002 + 1 + 182);
});
