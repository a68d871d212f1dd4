import { useEffect, useState } from "preact/hooks";
import type { LiveEvent, LogLine, LogQuery, Topic } from "../../src/api/index.ts";
import { apiPath, ask } from "./ask.ts";

/** Whether news arrive: `paused` by the reader, `lost` while the server cannot be reached. */
export type LiveState = "live" | "paused" | "lost";
type LogFilter = Pick<LogQuery, "service" | "unit" | "level" | "text">;

const changes = new Set<(topics: readonly Topic[]) => void>();
const returns = new Set<() => void>();
const states = new Set<(state: LiveState) => void>();
let state: LiveState = "lost";
let stream: EventSource | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
/** Where the browser has given up, since the server answered with something else. */
const AGAIN_MS = 3_000;
let tail:
  | { readonly filter: LogFilter; readonly take: (logs: readonly LogLine[], skipped: number) => void }
  | undefined;

/** The page has one stream. It is opened anew where other log lines are wanted, since they are chosen by its address. */
function connect(): void {
  close();
  const opened = (stream = new EventSource(apiPath("/live", tail ? { logs: "1", ...tail.filter } : {})));
  stream.addEventListener("open", () => {
    const wasAway = state !== "live";
    become("live");
    if (wasAway) for (const take of returns) take();
  });
  stream.addEventListener("error", () => {
    become("lost");
    if (opened.readyState !== EventSource.CLOSED || opened !== stream) return;
    again = setTimeout(connect, AGAIN_MS);
    // Where it is another server's, with another token, the answer to this locks the page.
    ask("/api/app").catch(() => {});
  });
  stream.addEventListener("message", (message) => {
    const event = JSON.parse(message.data as string) as LiveEvent;
    if (event.type === "changed") announce(event.topics);
    else tail?.take(event.logs, event.skipped);
  });
}

function close(): void {
  clearTimeout(again);
  stream?.close();
  stream = undefined;
}

function announce(topics: readonly Topic[]): void {
  for (const take of changes) take(topics);
}

function become(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const take of states) take(next);
}

export function startLive(): () => void {
  connect();
  return () => {
    close();
    become("lost");
  };
}

export function togglePause(): void {
  if (state === "paused") return connect();
  close();
  become("paused");
}

export function onChange(take: (topics: readonly Topic[]) => void): () => void {
  changes.add(take);
  return () => changes.delete(take);
}

/** Called when news arrive again after they did not: what came meanwhile was not told. */
export function onReturn(take: () => void): () => void {
  returns.add(take);
  return () => returns.delete(take);
}

/** Log lines as they come, while the returned function has not been called. */
export function tailLogs(
  filter: LogFilter,
  take: (logs: readonly LogLine[], skipped: number) => void,
): () => void {
  const mine = { filter, take };
  tail = mine;
  if (stream && state !== "paused") connect();
  return () => {
    if (tail !== mine) return;
    tail = undefined;
    if (stream && state !== "paused") connect();
  };
}

export function useLiveState(): LiveState {
  const [now, setNow] = useState(state);
  useEffect(() => {
    setNow(state);
    states.add(setNow);
    return () => void states.delete(setNow);
  }, []);
  return now;
}
