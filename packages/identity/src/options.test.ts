import { expect, test } from "vitest";
import { checkOptions, type ProviderOptions } from "./options.ts";

const good: ProviderOptions = {
  port: 0,
  audience: "shop",
  dataDir: "/nowhere",
  log: () => {},
  people: [{ id: "alice", name: "Alice" }],
  clients: [{ id: "web", redirectUris: ["http://127.0.0.1:4000/callback"] }],
};
const closed = [{ id: "alice", name: "Alice", passwordHash: "scrypt$…" }];

test("what a development provider needs is little", () => {
  expect(() => checkOptions(good)).not.toThrow();
  expect(() => checkOptions({ ...good, host: "::1" })).not.toThrow();
});

test.each<[string, Partial<ProviderOptions>, RegExp]>([
  ["another interface", { host: "0.0.0.0" }, /refuses to be reached from elsewhere/],
  ["a public issuer", { issuer: "https://id.example" }, /refuses to be reached from elsewhere/],
  ["exposure without TLS", { host: "0.0.0.0", exposed: true, people: closed }, /needs an https issuer/],
  ["exposure without passwords", { issuer: "https://id.example", exposed: true }, /Without one: alice/],
  ["an issuer with a path", { issuer: "http://127.0.0.1:4001/id" }, /is no origin/],
  ["two people of one id", { people: [...closed, ...closed] }, /is there twice/],
  ["a client that is called as a person", { clients: [{ id: "alice", secret: "x" }] }, /person and a client/],
  ["an id with markup", { people: [{ id: "<b>", name: "B" }] }, /the id "<b>"/],
  ["a client without purpose", { clients: [{ id: "x" }] }, /neither redirectUris nor a secret/],
  [
    "a script as redirect",
    { clients: [{ id: "x", redirectUris: ["javascript:alert(1)"] }] },
    /no http\(s\) URL/,
  ],
  ["a fragment", { clients: [{ id: "x", redirectUris: ["http://a/#b"] }] }, /without a fragment/],
])("%s is refused with a mend", (_, changes, message) => {
  expect(() => checkOptions({ ...good, ...changes })).toThrow(message);
});

test("an exposed provider with TLS before it and passwords may start", () => {
  const exposed = { host: "0.0.0.0", issuer: "https://id.example", exposed: true, people: closed };
  expect(() => checkOptions({ ...good, ...exposed })).not.toThrow();
});
