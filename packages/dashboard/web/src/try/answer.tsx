import type { CallAnswer } from "../../../src/api/index.ts";
import type { Violation } from "../form/violations.ts";
import { duration, plural } from "../format.ts";
import { Badge, Json, Pairs, type Mood } from "../parts/text.tsx";

/** What the application said, whatever it was. */
export function Answer({ answer }: { answer: CallAnswer }) {
  const { status, body, messages, headers, traceId } = answer;
  return (
    <section class="section answer" aria-label="Answer">
      <div class="form-head" role="status">
        <h3>Answer</h3>
        <Badge mood={moodOf(status)}>{status}</Badge>
        <span class="soft">{duration(answer.milliseconds)}</span>
        {traceId !== null && (
          <a class="button push" href={`/traces/${traceId}`}>
            Trace
          </a>
        )}
      </div>
      <p class="mono soft answer-request">{answer.request}</p>
      {messages ? (
        <>
          <p class="soft">{plural(messages.length, "message")} came before it was ended.</p>
          {messages.map((message, index) => (
            <Json key={index} value={message} />
          ))}
        </>
      ) : typeof body === "string" ? (
        <pre class="json" tabIndex={0}>
          {body}
        </pre>
      ) : (
        <Json value={body} />
      )}
      {answer.truncated && <p class="soft">There was more; the rest is cut off.</p>}
      {Object.keys(headers).length > 0 && (
        <details>
          <summary class="soft">{plural(Object.keys(headers).length, "header")}</summary>
          <Pairs of={headers} />
        </details>
      )}
    </section>
  );
}

function moodOf(status: number): Mood {
  if (status < 300) return "good";
  return status < 500 ? "warn" : "bad";
}

/** What a refusal of the input says about its fields: `errors` of a problem. */
export function violationsOf({ status, body }: CallAnswer): readonly Violation[] {
  if (status !== 400 || typeof body !== "object" || body === null) return [];
  const { errors } = body as { readonly errors?: unknown };
  return Array.isArray(errors) ? (errors as readonly Violation[]) : [];
}
