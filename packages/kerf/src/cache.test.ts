import { describe as suite, expect, test } from "vitest";
import { z } from "zod";
import { contract, event, query, when, type AnyQuery } from "./index.ts";
import type { CacheSpec } from "./cache.ts";

const priceChanged = event({
  data: z.object({ sku: z.string(), pence: z.int(), others: z.array(z.string()) }),
  key: "sku",
});
const Sku = z.object({ sku: z.string(), page: z.int().optional() });

function price(cache: CacheSpec<typeof Sku>, access: AnyQuery["access"] = "public") {
  return query({ http: "GET /prices/:sku", access: access!, input: Sku, cache });
}

suite("cache of a query", () => {
  test("is kept in milliseconds, with the events of its own contract", () => {
    const made = contract("catalog", {
      version: 1,
      priceChanged,
      price: price({
        ttl: "30s",
        stale: "5m",
        invalidate: [when(priceChanged, { sku: "sku" }), when(priceChanged, { sku: "others" })],
      }),
    });
    expect(made.price.cache).toMatchObject({
      ttlMs: 30_000,
      staleMs: 300_000,
      errorsMs: 0,
      per: "everyone",
      browserMs: undefined,
    });
    expect(made.price.cache!.invalidate[0]!.event).toBe(made.priceChanged);
  });

  test("is of the caller alone unless everybody may ask", () => {
    expect(price({ ttl: "1s" }, "user").cache!.per).toBe("caller");
    expect(price({ ttl: "1s" }, () => true).cache!.per).toBe("caller");
    expect(price({ ttl: "1s", per: "caller" }).cache!.per).toBe("caller");
    expect(query({ cache: { ttl: "1s" } }).cache!.per).toBe("caller");
    expect(query({ cache: { ttl: "1s", per: "everyone" } }).cache!.per).toBe("everyone");
  });

  test("does not share what only some may see", () => {
    for (const access of ["user", "role:staff", () => true] as const)
      expect(() => price({ ttl: "1s", per: "everyone" }, access)).toThrow(/shares with everyone/);
  });

  test("refuses what it cannot do, with the mend", () => {
    expect(() => price({ ttl: "soon" as never })).toThrow(/not a duration/);
    expect(() => price({ ttl: "2d" })).toThrow(/longer than 1d/);
    expect(() => price({} as never)).toThrow(/has no ttl/);
    expect(() => price({ ttl: "1s", forever: true } as never)).toThrow(/forever/);
    expect(() => price({ ttl: "1s", per: "team" as never })).toThrow(/unknown/);
    expect(() => price({ ttl: "1s", invalidate: [{}] as never })).toThrow(/no event/);
    expect(() => price({ ttl: "1s", invalidate: [when(priceChanged, { pag: "sku" }) as never] })).toThrow(
      /Did you mean "page"/,
    );
    expect(() => price({ ttl: "1s", invalidate: [when(priceChanged, { sku: "skus" as never })] })).toThrow(
      /the data of the event/,
    );
  });

  test("refuses an event of another contract", () => {
    expect(() =>
      contract("catalog", { version: 1, price: price({ ttl: "1s", invalidate: [when(priceChanged)] }) }),
    ).toThrow(/catalog.*price.*not of this contract/s);
  });

  test("is typed", () => {
    // @ts-expect-error -- a number is no text
    price({ ttl: "1s", invalidate: [when(priceChanged, { sku: "pence" })] });
    // @ts-expect-error -- the event has no such field
    expect(() => price({ ttl: "1s", invalidate: [when(priceChanged, { sku: "name" })] })).toThrow();
    // @ts-expect-error -- nor has the input
    expect(() => price({ ttl: "1s", invalidate: [when(priceChanged, { name: "sku" })] })).toThrow();
  });
});
