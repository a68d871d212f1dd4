import { StatusError } from "kerf";
import { expect, test } from "vitest";
import { part } from "./part.ts";

test("a part that comes is there", async () => {
  expect(await part(Promise.resolve({ available: 3 }))).toEqual({ state: "ok", value: { available: 3 } });
});

test("a part that fails, however it does, is said to be unavailable", async () => {
  const gone = { state: "unavailable", value: undefined };
  expect(await part(Promise.reject(new StatusError("UNAVAILABLE", "no unit hosts it")))).toEqual(gone);
  expect(await part(Promise.reject(new Error("boom")))).toEqual(gone);
});
