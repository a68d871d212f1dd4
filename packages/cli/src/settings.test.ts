import { app } from "kerf";
import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const never = () => Promise.reject(new Error("is never loaded"));
const { topologies } = app("shop", {
  services: { orders: never, carts: never },
  topologies: { split: { front: ["carts", "gateway"], back: "*" } },
});
const split = topologies.get("split")!;
const read = (environment: Record<string, string>) => readSettings(environment, split, split.units[0]!);

test("without an environment, a unit is alone on loopback with the embedded database", () => {
  expect(read({})).toEqual({
    databaseUrl: undefined,
    listen: undefined,
    endpoints: new Map(),
    dns: undefined,
    gateway: { host: "127.0.0.1", port: 4000 },
    handed: false,
    trustedProxies: 0,
    health: { host: "127.0.0.1", port: 0 },
    developmentIdentity: false,
    identity: {},
  });
});

test("the environment says where it listens and where the others are, itself left out", () => {
  const settings = read({
    KERF_DATABASE_URL: "postgres://kerf:x@db/kerf",
    KERF_LISTEN: "[::1]:5000",
    KERF_ENDPOINTS: '{"front":"10.0.0.1:5000","back":"back.internal:5001"}',
    KERF_HOST: "0.0.0.0",
    KERF_PORT: "80",
    KERF_HEALTH_HOST: "0.0.0.0",
    KERF_HEALTH_PORT: "81",
    KERF_LEASE_MS: "5000",
    KERF_IDENTITY: "development",
  });
  expect(settings).toEqual({
    leaseMs: 5_000,
    databaseUrl: "postgres://kerf:x@db/kerf",
    listen: { host: "::1", port: 5000 },
    endpoints: new Map([["back", "back.internal:5001"]]),
    dns: undefined,
    gateway: { host: "0.0.0.0", port: 80 },
    handed: false,
    trustedProxies: 0,
    health: { host: "0.0.0.0", port: 81 },
    developmentIdentity: true,
    identity: {},
  });
});

test("a unit may have several replicas, by their addresses or by DNS", () => {
  const endpoints = '{"back":"10.0.0.7:5000, [::1]:5000,back.internal:5001"}';
  expect(read({ KERF_ENDPOINTS: endpoints }).endpoints.get("back")).toBe(
    "10.0.0.7:5000,[::1]:5000,back.internal:5001",
  );
  const dns = { KERF_DISCOVERY: "dns", KERF_DNS_PORT: "5000" };
  expect(read(dns).dns).toEqual({ port: 5000, suffix: "" });
  for (const suffix of ["shop.svc.cluster.local", ".shop.svc.cluster.local"])
    expect(read({ ...dns, KERF_DNS_SUFFIX: suffix }).dns).toEqual({
      port: 5000,
      suffix: ".shop.svc.cluster.local",
    });
});

test.each([
  [{ KERF_DISCOVERY: "consul" }, 'the only value is "dns"'],
  [{ KERF_DISCOVERY: "dns" }, 'KERF_DNS_PORT is "". A port is a whole number'],
  [{ KERF_DISCOVERY: "dns", KERF_DNS_PORT: "0" }, "KERF_DNS_PORT is 0."],
  [{ KERF_DISCOVERY: "dns", KERF_DNS_PORT: "1", KERF_DNS_SUFFIX: "a b" }, "which is no domain"],
  [{ KERF_DISCOVERY: "dns", KERF_DNS_PORT: "1", KERF_ENDPOINTS: '{"back":"h:1"}' }, "Set one of them"],
  [{ KERF_DNS_SUFFIX: "internal" }, "KERF_DNS_SUFFIX is set, but nothing reads it"],
])("%j is refused", (environment, message) => {
  expect(() => read(environment as unknown as Record<string, string>)).toThrow(message);
});

test.each([
  ["KERF_LISTEN", "5000", "which is no address. Write host:port"],
  ["KERF_LISTEN", "localhost:http", "which is no address"],
  ["KERF_LISTEN", "localhost:70000", "A port is a whole number from 0 to 65535"],
  ["KERF_PORT", "http", 'KERF_PORT is "http"'],
  ["KERF_HEALTH_PORT", "-1", 'KERF_HEALTH_PORT is "-1"'],
  ["KERF_HEALTH_HOST", "0.0.0.0", "KERF_HEALTH_HOST is set, and KERF_HEALTH_PORT is not"],
  ["KERF_ENDPOINTS", "back=1", "KERF_ENDPOINTS is not JSON. Write it as"],
  ["KERF_ENDPOINTS", '["back"]', "KERF_ENDPOINTS is not an object"],
  ["KERF_ENDPOINTS", '{"bakc":"h:1"}', '(did you mean "back"?). It has: front, back.'],
  ["KERF_ENDPOINTS", '{"back":1}', "KERF_ENDPOINTS.back is no text"],
  ["KERF_ENDPOINTS", '{"back":"http://h:1"}', 'KERF_ENDPOINTS.back is "http://h:1", which is no address'],
  ["KERF_ENDPOINTS", '{"back":"h:1,h"}', 'KERF_ENDPOINTS.back is "h", which is no address'],
  ["KERF_ENDPOINTS", '{"back":"h:1,"}', 'KERF_ENDPOINTS.back is "", which is no address'],
  ["KERF_LEASE_MS", "10", 'KERF_LEASE_MS is "10". A lease is a whole number of ms, from 1000 to 600000.'],
  ["KERF_LEASE_MS", "30s", 'KERF_LEASE_MS is "30s"'],
  ["KERF_IDENTITY", "oidc", 'KERF_IDENTITY: the only value is "development"'],
])("%s=%s is refused", (name, value, message) => {
  expect(() => read({ [name]: value })).toThrow(message);
});
