import { describe, expect, it } from "vitest";
import { exchange } from "../../test/raw.ts";
import { readLegacy } from "./settings.ts";
import { ask, echo, standBefore, type Told } from "./testing.ts";

describe("settings", () => {
  it.each([
    ["localhost:3000", "gateway.legacy.url"],
    ["http://169.254.169.254", "metadata service"],
    [{ url: "http://a?b" }, "has a query"],
    [{ url: "http://a", onyl: ["/x"] }, 'did you mean "only"'],
    [{ url: "http://a", only: ["x"] }, '"x" is no path'],
    [{ url: "http://a", timeouts: { responseMs: 0 } }, "gateway.legacy.timeouts.responseMs"],
    [{ url: "http://a", hostHeader: "theirs" }, 'write "client"'],
    [{ url: "http://a", bodyBytes: 1.5 }, "whole number"],
    [7, "neither a URL"],
  ])("refuses %j: %s", (settings, problem) => {
    expect(() => readLegacy(settings as string)).toThrow(new RegExp(problem, "i"));
  });

  it("lets no request choose the target", async () => {
    await using standing = await standBefore(echo);
    const { statuses } = await exchange(
      standing.gateway.url,
      "GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    expect(statuses).toEqual([400]);
    const { text } = await ask(standing.gateway.url, {
      path: "//evil.example/x",
      headers: ["Host", "evil.example"],
    });
    expect((JSON.parse(text) as Told).url).toBe("//evil.example/x");
    expect(await exchange(standing.gateway.url, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")).toMatchObject({
      statuses: [],
      closed: true,
    });
  });
});
