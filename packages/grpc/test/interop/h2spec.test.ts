import { describe, expect, it } from "vitest";
import { serve } from "../../src/index.ts";
import { testServer } from "./test-service.ts";
import { run, tool } from "./tools.ts";

const h2spec = tool("h2spec");

describe.runIf(h2spec !== undefined)("h2spec against our server", () => {
  it("passes every case", async () => {
    // One case sends a header frame that is larger than 16 KiB and expects a refusal whatever our SETTINGS allow.
    await using server = await serve({ services: [testServer], limits: { maxFrameBytes: 16_384 } });
    const { code, output } = await run(h2spec!, ["-h", "127.0.0.1", "-p", String(server.port), "-o", "2"]);
    expect(output).toMatch(/145 tests, 145 passed, 0 skipped, 0 failed/);
    expect(code).toBe(0);
  });
});
