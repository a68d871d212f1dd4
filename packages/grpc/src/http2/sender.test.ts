import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { MemorySocket } from "../../test/fuzz/memory-socket.ts";
import { Sender } from "./sender.ts";

function senderOn(socket: MemorySocket): Sender {
  return new Sender(socket as unknown as Socket);
}

/** Writes `calls` calls of one byte, of which `open` are open, in one turn. */
async function inOneTurn(sender: Sender, calls: number, open: number): Promise<void> {
  for (let n = 0; n < calls; n++) {
    sender.out.byte(n);
    sender.batchCall(open);
  }
  await turn();
}

describe("writes", () => {
  it("one for all calls of a turn, and early ones when they are many", async () => {
    const socket = new MemorySocket(true);
    const sender = senderOn(socket);
    await inOneTurn(sender, 10, 10);
    expect(socket.written.map((chunk) => chunk.length)).toEqual([10]);
    await inOneTurn(sender, 60, 60);
    expect(socket.written.map((chunk) => chunk.length)).toEqual([10, 24, 24, 12]);
  });

  it("at once for a call that is alone, as the one before it was", async () => {
    const socket = new MemorySocket(true);
    const sender = senderOn(socket);
    await inOneTurn(sender, 1, 1);
    sender.out.byte(0);
    sender.batchCall(1);
    expect(socket.written.length).toBe(2);
    await turn();
    // Handlers that answer at once leave one call open at a time, however many there are.
    await inOneTurn(sender, 8, 1);
    await inOneTurn(sender, 8, 1);
    expect(socket.written.map((chunk) => chunk.length)).toEqual([1, 1, 1, 7, 8]);
  });
});
