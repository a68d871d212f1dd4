import type { DatabaseSync } from "node:sqlite";
import type { ServerResponse } from "node:http";
import type { LiveEvent, LiveQuery, Topic } from "../api/index.ts";
import type { Row } from "../otlp/row.ts";
import { latestLog, logsAfter, matches } from "../query/logs.ts";
import { Refusal } from "./refusal.ts";

const EVERY_MS = 1_000;
const COMMENT_EVERY_MS = 15_000;
/** What telemetry may not tell of (a lag that grows, a saga that parked) is asked for again this often. */
const RECORDS_EVERY_MS = 10_000;
const MOST_LISTENERS = 32;
const MOST_LOGS = 200;
const MOST_READ = 5_000;

interface Listener {
  readonly response: ServerResponse;
  readonly query: LiveQuery;
  commentAt: number;
}

/** Tells pages what changed, as server-sent events. */
export class Live {
  readonly #database: DatabaseSync;
  readonly #listeners = new Set<Listener>();
  readonly #changed = new Set<Topic>();
  #timer: NodeJS.Timeout | undefined;
  #log = 0;
  #recordsAt = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Something was written, or became otherwise. */
  changed(topics: Iterable<Topic>, rows: readonly Row[] = []): void {
    if (this.#listeners.size === 0) return;
    for (const topic of topics) this.#changed.add(topic);
    for (const row of rows) {
      if (row.kind !== "span") continue;
      if (row.attributes["kerf.saga"] !== undefined) this.#changed.add("sagas");
      if (row.spanKind === 5 && row.status === 2) this.#changed.add("dead-letters");
    }
  }

  /** Answers with events until the page goes away. @throws Refusal where too many listen */
  listen(response: ServerResponse, query: LiveQuery): void {
    if (this.#listeners.size >= MOST_LISTENERS)
      throw new Refusal(503, "too many pages listen: close some of them");
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // The page is told how long to wait before it comes again.
    });
    response.write("retry: 1000\n\n");
    const listener = { response, query, commentAt: Date.now() };
    if (this.#listeners.size === 0) this.#log = latestLog(this.#database);
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#tell(), EVERY_MS);
    response.once("close", () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#changed.clear();
    });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { response } of this.#listeners) response.end();
  }

  #tell(): void {
    const now = Date.now();
    if (now - this.#recordsAt >= RECORDS_EVERY_MS) {
      this.#recordsAt = now;
      for (const topic of ["sagas", "events", "dead-letters", "topology"] as const) this.#changed.add(topic);
    }
    const topics = [...this.#changed];
    this.#changed.clear();
    const logs = topics.includes("logs") ? logsAfter(this.#database, this.#log, MOST_READ) : [];
    this.#log = logs.at(-1)?.id ?? this.#log;
    for (const listener of this.#listeners) {
      if (topics.length > 0) send(listener, { type: "changed", topics, at: now });
      const wanted = listener.query.logs === "1" ? logs.filter((line) => matches(line, listener.query)) : [];
      if (wanted.length > 0) {
        const latest = wanted.slice(-MOST_LOGS);
        send(listener, { type: "logs", logs: latest, skipped: wanted.length - latest.length });
      }
      if (now - listener.commentAt < COMMENT_EVERY_MS) continue;
      listener.commentAt = now;
      listener.response.write(":\n\n");
    }
  }
}

/** A page that does not read is left behind, not waited for. */
function send({ response }: Listener, event: LiveEvent): void {
  if (response.writableLength > 4 << 20) return void response.destroy();
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}
