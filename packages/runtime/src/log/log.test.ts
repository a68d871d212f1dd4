import { describe, expect, test } from "vitest";
import { createLog, readableLine, type LogOptions } from "./index.ts";

function written(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    unit: "back",
    ...options,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

describe("a line of the log", () => {
  test("is one JSON object with time, level, unit and what children add", () => {
    const { log, lines, last } = written();
    log.child({ service: "orders", member: "place", traceId: "4bf9" }).info({ orderId: "7" }, "placed");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.endsWith("}\n")).toBe(true);
    expect(last()).toMatchObject({
      level: "info",
      unit: "back",
      service: "orders",
      member: "place",
      traceId: "4bf9",
      orderId: "7",
      msg: "placed",
    });
    expect(last()["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test("is not written below the level", () => {
    const { log, lines } = written({ level: "warn" });
    log.info("quiet");
    log.warn("loud");
    expect(lines).toHaveLength(1);
  });

  test("keeps of an error its type, message, code, stack and cause, and nothing of its data", () => {
    const { log, last } = written();
    const cause = Object.assign(new Error("duplicate key"), {
      code: "23505",
      parameters: ["ada@example.org"],
    });
    log.error({ err: new Error("could not save", { cause }) }, "failed");
    expect(last()["err"]).toMatchObject({
      type: "Error",
      message: "could not save",
      cause: { message: "duplicate key", code: "23505" },
    });
    expect(JSON.stringify(last())).not.toContain("ada@example.org");
  });
});

describe("secrets never reach the log", () => {
  const secret = "hunter2hunter2";
  const cases: [name: string, write: (log: ReturnType<typeof createLog>) => void][] = [
    ["a password field", (log) => log.info({ password: secret })],
    ["a field far inside", (log) => log.info({ a: { b: [{ c: { accessToken: secret } }] } })],
    ["a field that holds an object", (log) => log.info({ cookie: { session: secret } })],
    ["a list of cookies", (log) => log.info({ headers: { "set-cookie": [`session=${secret}`] } })],
    ["a header", (log) => log.info({ headers: { Authorization: `Bearer ${secret}` } })],
    ["an API key", (log) => log.info({ "x-api-key": secret, apiKey: secret })],
    ["the bindings of a child", (log) => log.child({ token: secret }).info("x")],
    [
      "the credentials of a URL in a text",
      (log) => log.info(`connecting to postgres://kerf:${secret}@db:5432/x`),
    ],
    ["the credentials of a URL in a field", (log) => log.info({ url: `amqps://kerf:${secret}@mq/` })],
    ["a password with an @ in a URL", (log) => log.info(`postgres://kerf:p@${secret}@db/x`)],
    [
      "a URL in an error",
      (log) => log.error({ err: new Error(`no route to redis://:${secret}@cache`) }, "x"),
    ],
    ["a bearer token in a text", (log) => log.info(`sent Authorization: Bearer ${secret}`)],
    [
      "an API key in a text",
      (log) => log.info(`asked with kerf_0123456789abcdef_${secret}${"x".repeat(30)}`),
    ],
    [
      "a token in an error",
      (log) => {
        const claims = Buffer.from(JSON.stringify({ secret })).toString("base64url");
        log.error({ err: new Error(`no: eyJhbGciOiJSUzI1NiJ9.${claims}.${secret}-signature`) }, "refused");
      },
    ],
    ["JSON inside of a text", (log) => log.info(JSON.stringify({ user: "ada", password: secret }))],
    ["a setting", (log) => log.info({ KERF_PAYMENTS_BANK_SECRET: secret, client_secret: secret })],
  ];
  test.each(cases)("%s", (_, write) => {
    const { log, lines } = written();
    write(log);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(secret);
    expect(() => JSON.parse(lines[0]!)).not.toThrow();
  });

  test("what is no secret stays, and the object that was logged is not changed", () => {
    const { log, lines, last } = written();
    const fields = { password: secret, keyboard: "qwerty", tokens: 3, url: "https://shop.example/a@b?c=d:e" };
    log.info(fields, 'basic things: {"key":"k"}');
    expect(fields.password).toBe(secret);
    expect(last()).toMatchObject({ keyboard: "qwerty", tokens: 3, url: "https://shop.example/a@b?c=d:e" });
    expect(lines[0]).toContain('{\\"key\\":\\"k\\"}');
  });
});

describe("a line for people", () => {
  test("says time, level, place, message, fields, and the stack of an error", () => {
    const { log, lines } = written();
    log
      .child({ service: "orders", member: "orders@1.place" })
      .warn({ ms: 12, why: "out of stock", err: new Error("no") }, "refused");
    const text = readableLine(lines[0]!, { colour: false });
    expect(text).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} warn  orders@1\.place refused ms=12 why="out of stock"\n {4}Error: no\n {4} +at /,
    );
    expect(text).not.toContain("\u001b");
    expect(readableLine(lines[0]!, { colour: true })).toContain("\u001b[33mwarn ");
  });

  test("leaves what is not a line of the log as it is", () => {
    expect(readableLine("hello\n", { colour: true })).toBe("hello");
    expect(readableLine('{"no":"level"}', { colour: false })).toBe('{"no":"level"}');
    expect(readableLine("{broken", { colour: false })).toBe("{broken");
  });

  test("is what a pretty log writes", () => {
    const { log, lines } = written({ pretty: true });
    log.info("ready");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info  ready\n$/);
  });
});
