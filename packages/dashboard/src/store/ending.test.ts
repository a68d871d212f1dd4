import { afterAll, expect, test } from "vitest";
import { flowsOf } from "../query/traffic.ts";
import { isRefusal } from "./ending.ts";
import { Store } from "./store.ts";
import { span } from "./testing.ts";

const store = new Store({ file: ":memory:" });
afterAll(() => store.close());

const call = { "kerf.member": "orders@1.place", "rpc.system": "kerf", "kerf.caller": "gateway" };
const grpc = { "rpc.system": "grpc", "rpc.service": "orders@1", "rpc.method": "place" };
const http = { "http.request.method": "POST", "http.route": "/orders" };

test("both sides of an edge count the same as failed, and refusals apart", () => {
  const ends = [
    [undefined, 0, 0],
    [{ "error.type": "SoldOut", "kerf.error.code": "SoldOut" }, 2, 0],
    [{ "error.type": "INVALID_ARGUMENT" }, 2, 0],
    [{ "error.type": "PERMISSION_DENIED" }, 2, 0],
    [{ "error.type": "INTERNAL" }, 2, 2],
  ] as const;
  for (const [why, asker, asked] of ends)
    store.take([
      span({ spanKind: 3, status: asker, attributes: { ...call, ...why } }),
      span({ spanKind: 2, status: asked, attributes: { ...call, ...why } }),
    ]);
  store.take([
    span({ spanKind: 2, attributes: { ...http, "http.response.status_code": 200 } }),
    span({ spanKind: 2, attributes: { ...http, "http.response.status_code": 409 } }),
    span({ spanKind: 2, status: 2, attributes: { ...http, "http.response.status_code": 500 } }),
    // Of a client in another language, whose spans know only the status.
    span({ spanKind: 3, status: 2, attributes: { ...grpc, "rpc.grpc.status_code": 5 } }),
    span({ spanKind: 3, status: 2, attributes: { ...grpc, "rpc.grpc.status_code": 14 } }),
  ]);
  store.flush();
  const counts = flowsOf(store.database, 60_000).map(({ kind, source, count, errors, refused }) => [
    `${kind} by ${source || "clients"}`,
    { count, errors, refused },
  ]);
  expect(Object.fromEntries(counts)).toEqual({
    "call by gateway": { count: 5, errors: 1, refused: 3 },
    "serve by gateway": { count: 5, errors: 1, refused: 3 },
    "enter by clients": { count: 3, errors: 1, refused: 1 },
    "call by orders": { count: 2, errors: 1, refused: 1 },
  });
});

test("what is counted by type tells refusals too, and what is not told apart is a failure", () => {
  expect(["SoldOut", "UNAUTHENTICATED", "NOT_FOUND"].filter((type) => !isRefusal(type))).toEqual([]);
  expect(["INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "_OTHER", ""].filter(isRefusal)).toEqual([]);
});
