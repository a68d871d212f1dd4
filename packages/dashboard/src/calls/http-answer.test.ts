import { expect, test } from "vitest";
import { readMessages } from "./http-answer.ts";

test("a stream that says nothing more is left when its time is over, in the middle of a message too", async () => {
  let left = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from('data: {"n":1}\n\ndata: no JSON\n\ndata: {"n":'));
    },
    cancel() {
      left = true;
    },
  });
  expect(await readMessages(new Response(body), 20)).toEqual({
    messages: [{ n: 1 }, "no JSON"],
    truncated: false,
  });
  expect(left).toBe(true);
});
