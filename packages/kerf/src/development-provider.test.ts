import { expect, test } from "vitest";
import { app } from "./app.ts";
import type { DevelopmentProvider } from "./development-provider.ts";

const good: DevelopmentProvider = {
  people: [{ id: "alice", name: "Alice", roles: ["staff"] }],
  clients: [
    { id: "web", redirectUris: ["{gateway}/callback"], postLogoutRedirectUris: ["{gateway}"] },
    { id: "importer", secret: "secret" },
  ],
};

function declare(developmentProvider: DevelopmentProvider) {
  return app("shop", {
    services: { orders: () => Promise.reject(new Error("not loaded here")) },
    topologies: { monolith: { shop: "*" } },
    gateway: { developmentProvider },
  });
}

test("people and programs are declared", () => {
  expect(declare(good).gateway.developmentProvider).toBe(good);
});

test.each<[string, Partial<DevelopmentProvider>, RegExp]>([
  ["nobody", { people: [] }, /developmentProvider\.people: lists nobody/],
  ["the same id twice", { people: [...good.people, ...good.people] }, /people: names "alice" twice/],
  ["an id with markup", { people: [{ id: "<b>", name: "B" }] }, /the id "<b>"/],
  ["a client that is called as a person", { clients: [{ id: "alice", secret: "x" }] }, /names "alice" twice/],
  ["a client without purpose", { clients: [{ id: "x" }] }, /neither redirectUris nor a secret/],
  [
    "a relative redirect URI",
    { clients: [{ id: "x", redirectUris: ["/callback"] }] },
    /"\/callback" is no URL/,
  ],
  ["a script", { clients: [{ id: "x", redirectUris: ["javascript:alert(1)"] }] }, /is no URL/],
])("%s is refused with a mend", (_, changes, message) => {
  expect(() => declare({ ...good, ...changes })).toThrow(message);
});
