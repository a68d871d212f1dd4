import type { OnStatement } from "../data/database.ts";
import { failureOf } from "./failure.ts";
import type { SpanType, Telemetry } from "./telemetry.ts";

interface Statement {
  readonly service: string;
  readonly text: string;
  rows: number | undefined;
}

const statement: SpanType<Statement> = {
  kind: "client",
  service: ({ service }) => service,
  name: ({ text }) => `${firstWord(text)} postgresql`,
  attributes: ({ service, text, rows }) => ({
    "db.system.name": "postgresql",
    "db.namespace": service,
    "db.operation.name": firstWord(text),
    // Values travel apart from the text, always.
    "db.query.text": text,
    "db.response.returned_rows": rows,
  }),
};

function firstWord(text: string): string {
  return (/[a-z]+/i.exec(text)?.[0] ?? "statement").toUpperCase();
}

/** Makes what a transaction tells of its statements, within the work that it is for. */
export function statementsOf(
  telemetry: Telemetry | undefined,
  service: string,
): ((traceparent: string) => OnStatement) | undefined {
  if (!telemetry?.spans) return undefined;
  return (traceparent) => (text, answer) => {
    const about: Statement = { service, text, rows: undefined };
    const span = telemetry.begin(statement, about, traceparent);
    answer.then(
      (rows) => {
        about.rows = rows.length;
        span.end();
      },
      (error: unknown) => span.end(failureOf(error)),
    );
  };
}
