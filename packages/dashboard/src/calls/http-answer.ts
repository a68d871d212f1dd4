import { StringDecoder } from "node:string_decoder";

/** Of an answer, that is shown. */
export const MOST_BYTES = 1 << 20;
const MOST_MESSAGES = 20;
/** How long the messages of a stream are listened to. */
const LISTEN_MS = 5_000;

/** Reads a body as far as it is shown: parsed where it is JSON. */
export async function readAnswer(response: Response): Promise<{ body: unknown; truncated: boolean }> {
  const decoder = new StringDecoder("utf8");
  let text = "";
  let bytes = 0;
  let truncated = false;
  for await (const part of response.body ?? []) {
    const room = MOST_BYTES - bytes;
    bytes += part.length;
    text += decoder.write(Buffer.from(part.subarray(0, Math.max(0, room))));
    truncated = part.length > room;
    // Leaving the loop ends the connection.
    if (truncated) break;
  }
  if (!truncated) text += decoder.end();
  return { body: text === "" ? null : valueOf(text, response), truncated };
}

function valueOf(text: string, { headers }: Response): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(headers.get("content-type") ?? "")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * Listens to server-sent events: the data of the first 20, or of those that come within 5 s, or until the stream says that
 * it ends.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function readMessages(
  response: Response,
  listenMs = LISTEN_MS,
): Promise<{ messages: unknown[]; truncated: boolean }> {
  const messages: unknown[] = [];
  const decoder = new StringDecoder("utf8");
  const reader = response.body!.getReader();
  const late = setTimeout(() => void reader.cancel().catch(() => {}), listenMs);
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { messages, truncated: false };
      bytes += value.length;
      text += decoder.write(Buffer.from(value));
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const message = messageOf(block);
        if (message === "end") return { messages, truncated: false };
        if (message) messages.push(message.data);
        if (messages.length === MOST_MESSAGES) return { messages, truncated: true };
      }
      if (bytes > MOST_BYTES) return { messages, truncated: true };
    }
  } finally {
    clearTimeout(late);
    await reader.cancel().catch(() => {});
  }
}

function messageOf(block: string): { readonly data: unknown } | "end" | undefined {
  const lines = block.split("\n");
  if (lines.includes("event: end")) return "end";
  const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
  if (data.length === 0) return undefined;
  const text = data.join("\n");
  try {
    return { data: JSON.parse(text) as unknown };
  } catch {
    return { data: text };
  }
}
