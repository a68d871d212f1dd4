import {
  command,
  contract,
  query,
  type Actor,
  type AnyCommand,
  type AnyQuery,
  type Claims,
  type Via,
} from "kerf";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { dispatcher, type Endpoint } from "../call/dispatch.ts";
import { newTrace } from "../call/trace.ts";
import { createLog } from "../log/index.ts";
import { compileValidator } from "../validate/index.ts";

const seen: Claims[] = [];
const input = z.object({ owner: z.string() });

const notes = contract("notes", {
  version: 1,
  read: query({ http: "GET /notes/:owner", access: "public", input }),
  write: command({ http: "POST /notes", access: "user", input }),
  clear: command({ http: "DELETE /notes/:owner", access: "role:staff", input }),
  mine: query({
    http: "GET /notes/:owner/own",
    access: ({ owner }: { owner: string }, claims: Claims) => {
      seen.push(claims);
      if (owner === "broken") throw new TypeError("it cannot be read");
      // What is only nearly yes is no.
      if (owner === "nearly") return 1 as unknown as boolean;
      return claims.via !== "gateway" ? claims.caller.service === "orders" : claims.actor?.id === owner;
    },
    input,
  }),
  count: query({ input }),
});

const lines: string[] = [];
const log = createLog({
  unit: "test",
  level: "error",
  destination: { write: (line) => void lines.push(line) },
});
const run = vi.fn<Endpoint["run"]>(async () => ({}));

const endpoints = new Map<string, Endpoint>(
  [notes.read, notes.write, notes.clear, notes.mine, notes.count].map((member: AnyQuery | AnyCommand) => [
    member.id,
    {
      member,
      validateInput: compileValidator(member.input, { unknownFields: "drop", enums: "exact" }),
      run,
      settle: () => Promise.reject(new Error("unused")),
      bounded: (error) => error,
      log,
    },
  ]),
);
const dispatch = dispatcher(endpoints, (caller) => caller === "orders" || caller === "carts");

beforeEach(() => {
  seen.length = lines.length = 0;
  run.mockClear();
});

/** What comes of a call: what it was refused with, or undefined. */
async function refusal(
  member: AnyQuery | AnyCommand,
  {
    actor,
    caller,
    via = "gateway",
    owner = "ann",
  }: { actor?: Actor; caller?: string; via?: Via; owner?: string },
): Promise<string | undefined> {
  const header = {
    id: undefined,
    deadlineAt: Date.now() + 1_000,
    caller,
    actor,
    via,
    traceparent: newTrace(),
    retry: false,
  };
  const work = dispatch({ member: member.id, input: { owner }, header }, new AbortController().signal);
  const found = await work.then(
    () => undefined,
    (error: { code: string }) => error.code,
  );
  expect(run).toHaveBeenCalledTimes(found === undefined ? 1 : 0);
  run.mockClear();
  return found;
}

const ann: Actor = { id: "ann", roles: [] };
const staff: Actor = { id: "sue", roles: ["staff"] };

describe("a service asks again who may use what, of calls that the edge let in", () => {
  test("a stranger gets what is public", async () => {
    expect(await refusal(notes.read, {})).toBeUndefined();
    expect(await refusal(notes.write, {})).toBe("UNAUTHENTICATED");
    expect(await refusal(notes.clear, {})).toBe("UNAUTHENTICATED");
    expect(await refusal(notes.mine, {})).toBe("UNAUTHENTICATED");
  });

  test("a person gets what is for them, and roles open what asks for roles", async () => {
    expect(await refusal(notes.write, { actor: ann })).toBeUndefined();
    expect(await refusal(notes.clear, { actor: ann })).toBe("PERMISSION_DENIED");
    expect(await refusal(notes.clear, { actor: staff })).toBeUndefined();
    expect(await refusal(notes.mine, { actor: ann })).toBeUndefined();
    expect(await refusal(notes.mine, { actor: staff })).toBe("PERMISSION_DENIED");
    expect(seen.at(-1)).toEqual({ caller: { service: undefined }, actor: staff, via: "gateway" });
  });

  test("what has no route is not for the edge", async () => {
    expect(await refusal(notes.count, { actor: staff })).toBe("PERMISSION_DENIED");
  });

  test("whatever is not true denies, and what is thrown is told to the log only", async () => {
    expect(await refusal(notes.mine, { actor: ann, owner: "nearly" })).toBe("PERMISSION_DENIED");
    expect(await refusal(notes.mine, { actor: ann, owner: "broken" })).toBe("INTERNAL");
    expect(lines.join()).toContain("the access function of notes@1.mine failed");
    expect(lines.join()).toContain("it cannot be read");
  });
});

describe("of services that call", () => {
  test("the graph decides, not what is asked of people", async () => {
    for (const member of [notes.read, notes.write, notes.clear, notes.count])
      expect(await refusal(member, { caller: "orders", via: "call" })).toBeUndefined();
    expect(await refusal(notes.read, { caller: "mallory", via: "call" })).toBe("PERMISSION_DENIED");
    expect(await refusal(notes.clear, { caller: "mallory", actor: staff, via: "call" })).toBe(
      "PERMISSION_DENIED",
    );
  });

  test.each<Via>(["call", "message", "saga", "schedule"])("a function is asked by a %s too", async (via) => {
    expect(await refusal(notes.mine, { caller: "orders", actor: ann, via })).toBeUndefined();
    expect(seen.at(-1)).toEqual({ caller: { service: "orders" }, actor: ann, via });
    expect(await refusal(notes.mine, { caller: "carts", actor: ann, via })).toBe("PERMISSION_DENIED");
  });
});

test("whoever comes without a token gets what is public, whatever they know of a member", async () => {
  expect(await refusal(notes.read, { via: "call" })).toBeUndefined();
  for (const member of [notes.write, notes.clear, notes.mine, notes.count])
    expect(await refusal(member, { via: "call" })).toBe("PERMISSION_DENIED");
});
