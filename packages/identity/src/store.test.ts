import { expect, test } from "vitest";
import { openStore } from "./store.ts";
import { temporaryFolder } from "./testing.ts";

test("what is over is gone, and a code is consumed once", async () => {
  await using folder = await temporaryFolder();
  const store = openStore(folder.path);
  const codes = store.adapter("AuthorizationCode");
  await codes.upsert("over", { grantId: "g" }, 0);
  await codes.upsert("good", { grantId: "g" }, 60);
  expect(await codes.find("over")).toBeUndefined();
  expect(await codes.find("good")).toEqual({ grantId: "g" });
  await codes.consume("good");
  expect(await codes.find("good")).toMatchObject({ consumed: expect.any(Number) });
  await expect(codes.consume("good")).rejects.toThrow("invalid_grant");
  await codes.revokeByGrantId("g");
  expect(await codes.find("good")).toBeUndefined();
  store.close();
});

test("a session is found by its uid, in another process too", async () => {
  await using folder = await temporaryFolder();
  const store = openStore(folder.path);
  await store.adapter("Session").upsert("s", { uid: "u", accountId: "alice" }, 60);
  store.close();
  const again = openStore(folder.path);
  expect(await again.adapter("Session").findByUid("u")).toMatchObject({ accountId: "alice" });
  expect(await again.adapter("Interaction").findByUid("u")).toBeUndefined();
  again.close();
});

test("it stays bounded, and sessions outlast log-ins that were only begun", async () => {
  await using folder = await temporaryFolder();
  const store = openStore(folder.path, 50);
  await store.adapter("Session").upsert("kept", { uid: "u", accountId: "alice" }, 86_400);
  const begun = store.adapter("Interaction");
  for (let i = 0; i < 1_000; i++) await begun.upsert(`i${i}`, {}, 3_600);
  let left = 0;
  for (let i = 0; i < 1_000; i++) if (await begun.find(`i${i}`)) left++;
  expect(left).toBeLessThan(50 + 200);
  expect(await store.adapter("Session").find("kept")).toBeDefined();
  store.close();
});
