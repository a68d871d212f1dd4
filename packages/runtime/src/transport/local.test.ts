import { describe, expect, it } from "vitest";
import { localTransport } from "./local.ts";
import { transportSuite } from "./suite.ts";

transportSuite("local", async (dispatch, contracts) => {
  const transport = localTransport(dispatch, { contracts });
  return { transport, address: "here", close: () => transport.close() };
});

transportSuite("local without contracts", async (dispatch) => {
  const transport = localTransport(dispatch);
  return { transport, address: "here", close: () => transport.close() };
});

transportSuite("local with forced serialisation", async (dispatch, contracts) => {
  const transport = localTransport(dispatch, { serialised: true, contracts });
  return { transport, address: "here", close: () => transport.close() };
});

describe("local with forced serialisation", () => {
  it("needs contracts, and says so", () => {
    expect(() => localTransport(async () => ({}), { serialised: true })).toThrow("needs contracts");
  });
});
