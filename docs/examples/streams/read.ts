/** A problem that the gateway answered with: asking again does not help. */
class Refused extends Error {}

// #region read
/** Tells every answer of a stream, and asks again where it was cut off; ends when the stream does, or with `signal`. */
export async function follow<T>(
  url: string,
  tell: (answer: T) => void,
  { token, signal }: { readonly token?: string; readonly signal?: AbortSignal } = {},
): Promise<void> {
  let last: string | undefined;
  let pauseMs = 1_000;
  for (;;) {
    try {
      const headers = new Headers({ accept: "text/event-stream" });
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      if (last !== undefined) headers.set("last-event-id", last);
      const response = await fetch(url, { headers, signal: signal ?? null });
      if (response.status < 500 && !response.ok) throw new Refused(await response.text());
      if (response.ok && response.body) {
        for await (const { name, data, id, retryMs } of eventsOf(response.body)) {
          if (id !== undefined) last = id;
          if (retryMs !== undefined) pauseMs = retryMs;
          if (name === "end") return;
          if (name === "problem") throw new Refused(data);
          if (data !== undefined) tell(JSON.parse(data) as T);
        }
      }
    } catch (error) {
      if (error instanceof Refused || signal?.aborted) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    signal?.throwIfAborted();
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array>) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop()!;
    for (const event of events) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(event)?.[1];
      const retry = field("retry");
      yield {
        name: field("event"),
        data: field("data"),
        id: field("id"),
        retryMs: retry === undefined ? undefined : Number(retry),
      };
    }
  }
}
// #endregion
