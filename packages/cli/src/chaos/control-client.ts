import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Answer, Description, Done, Fault, Request } from "../dev/control/protocol.ts";
import { SOCKET } from "../dev/control/protocol.ts";
import { eachLine } from "../dev/lines.ts";
import { Failure } from "../usage.ts";

/** A development session, seen from outside. */
export interface ControlClient {
  describe(): Promise<Description>;
  begin(): Promise<Description>;
  /** Resolves when it is over. @throws Failure */
  fault(fault: Fault): Promise<Done>;
  heal(): Promise<Description>;
  /** Ends every fault that this connection began. */
  close(): void;
}

/**
 * Connects to the development session of a data folder: one of this user's, on this machine.
 * @throws Failure where there is none, or it is somebody else's
 */
export async function connectControl(dataDir: string): Promise<ControlClient> {
  const path = join(dataDir, SOCKET);
  checkOwner(path, dataDir);
  const socket = await open(path, dataDir);
  const waiting = new Map<number, (answer: Answer) => void>();
  let next = 1;
  const fail = (error: string) => {
    for (const [id, take] of waiting) take({ id, ok: false, error });
    waiting.clear();
  };
  socket.on("error", () => {});
  socket.once("close", () => fail("kerf dev has ended"));
  eachLine(socket, (line) => {
    const answer = JSON.parse(line) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });

  type Body = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;
  async function ask<T>(body: Body): Promise<T> {
    if (socket.destroyed) throw new Failure("kerf dev has ended.");
    const id = next++;
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
      socket.write(`${JSON.stringify({ ...body, id })}\n`);
    });
    if (answer.ok) return answer.value as T;
    throw new Failure(answer.error);
  }

  return {
    describe: () => ask({ do: "describe" }),
    begin: () => ask({ do: "begin" }),
    fault: (fault) => ask({ do: "fault", fault }),
    heal: () => ask({ do: "heal" }),
    close: () => void socket.destroy(),
  };
}

function none(dataDir: string): Failure {
  return new Failure(
    `No kerf dev runs with the data of ${dataDir}. Start one in another terminal: kerf dev. ` +
      "kerf chaos breaks nothing but a development session.",
  );
}

function checkOwner(path: string, dataDir: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isSocket()) throw none(dataDir);
  if (found.uid !== process.getuid?.())
    throw new Failure(`The kerf dev with the data of ${dataDir} belongs to another user.`);
  if ((found.mode & 0o077) !== 0)
    throw new Failure(`${path} is open to other users. Start kerf dev anew; it makes the socket private.`);
}

async function open(path: string, dataDir: string): Promise<Socket> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", () => reject(none(dataDir)));
  });
  return socket;
}
