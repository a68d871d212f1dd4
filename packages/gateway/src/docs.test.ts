import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "./index.ts";

const page = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8");
const example = readFileSync(new URL("../test/stock.example.ts", import.meta.url), "utf8");

describe("docs/gateway.md", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    process.env["PORT"] = "0";
    ({ gateway } = await import("../test/stock.example.ts"));
  });
  afterAll(() => gateway.drain(0));

  it("shows the example as it is", () => {
    expect(page).toContain(example);
  });

  const transcript = /```console\n([^]*?)```/.exec(page)![1]!;
  const exchanges = transcript
    .trim()
    .split("\n\n")
    .map((each) => each.split("\n") as [string, string]);

  it.each(exchanges)("%s", async (command, expected) => {
    const { url, init } = requestOf(command);
    const response = await fetch(url.replace("http://127.0.0.1:4000", gateway.url), init);
    expect((await response.text()).replace(/"traceId":"\w+"/, '"traceId":"…"')).toBe(expected);
  });
});

/** Reads the few options of curl that the page uses. */
function requestOf(command: string): { url: string; init: RequestInit } {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((found) => found[1] ?? found[2]!);
  const headers: [string, string][] = [];
  let body: string | undefined;
  let url = "";
  for (let i = 2; i < words.length; i += 1) {
    if (words[i] === "-d") body = words[(i += 1)]!;
    else if (words[i] === "-H") headers.push(words[(i += 1)]!.split(": ") as [string, string]);
    else url = words[i]!;
  }
  return { url, init: body === undefined ? { headers } : { method: "POST", headers, body } };
}
