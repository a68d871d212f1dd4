/** What every contender carries: about 100 bytes of request and 200 of reply as protobuf, or a text of a chosen size. */
export interface Request {
  id: string;
  name: string;
  n: number;
  text: string;
}

export interface Reply {
  id: string;
  name: string;
  text: string;
  n: number;
  ok: boolean;
}

const texts = new Map<number, string>();
const REPLY_TEXT = textOf(160);

export function request(n: number, textBytes: number): Request {
  return {
    id: `order-${n}`,
    name: `customer number ${n % 1000}`,
    n,
    text: textOf(textBytes === 0 ? 64 : textBytes),
  };
}

/** The service: answers with what it was asked about and a text of its own. */
export function answer(asked: Request): Reply {
  const text = asked.text.length > 64 ? asked.text : REPLY_TEXT;
  return { id: asked.id, name: asked.name, text, n: asked.n, ok: true };
}

function textOf(bytes: number): string {
  let text = texts.get(bytes);
  if (text === undefined) {
    text = "lorem ipsum dolor sit amet ".repeat(Math.ceil(bytes / 27)).slice(0, bytes);
    texts.set(bytes, text);
  }
  return text;
}

/** Long: under load the slowest contenders must not fail for it. */
export const DEADLINE_MS = 30_000;

/** Trace context that changes with every call, as in a real system. */
export function traceparent(n: number): string {
  return `00-4bf92f3577b34da6a3ce929d0e0e${String(n % 10_000).padStart(4, "0")}-00f067aa0ba902b7-01`;
}

/** The same in proto, for the contenders that load it. */
export const PROTO = `
syntax = "proto3";
package bench;
service Bench {
  rpc Get (Request) returns (Reply);
  rpc List (Request) returns (stream Reply);
}
message Request { string id = 1; string name = 2; int32 n = 3; string text = 4; }
message Reply { string id = 1; string name = 2; string text = 3; int32 n = 4; bool ok = 5; }
`;
