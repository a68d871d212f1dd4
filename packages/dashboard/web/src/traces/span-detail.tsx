import type { ComponentChildren } from "preact";
import type { Attributes, SpanView, TraceView } from "../../../src/api/index.ts";
import { clock, duration } from "../format.ts";
import { Badge, Facts, Pairs, ServiceName } from "../parts/text.tsx";
import { withQuery } from "../route.ts";
import { selfMs } from "./tree.ts";

interface Props {
  readonly span: SpanView;
  readonly trace: TraceView;
  readonly onClose: () => void;
}

/** All that is known of one span. */
export function SpanDetail({ span, trace, onClose }: Props) {
  const logs = trace.logs.filter(({ spanId }) => spanId === span.spanId);
  const since = (at: number) => `+${duration(Math.max(0, at - trace.startAt))}`;
  return (
    <aside class="aside" aria-label="Span">
      <div class="aside-head">
        <div>
          <ServiceName name={span.service} />
          <h2>{span.name}</h2>
        </div>
        <button type="button" class="button quiet" onClick={onClose}>
          Close
        </button>
      </div>
      <Marks span={span} />
      {span.status === "error" && <p class="bad span-error">{errorOf(span)}</p>}
      <Section title="">
        <Facts
          of={[
            ["Duration", duration(span.durationMs)],
            ["Of its own", duration(selfMs(span, trace.spans))],
            ["Began", since(span.startAt)],
            ...(span.unit === null ? [] : [["Unit", span.unit] as const]),
          ]}
        />
        <Ways span={span} />
      </Section>
      {logs.length > 0 && (
        <Section title="Logs">
          {logs.map((log) => (
            <p key={log.id} class="mini-log" data-level={log.level}>
              <span class="faint">{since(log.at)}</span> {log.message}
            </p>
          ))}
        </Section>
      )}
      {span.events.length > 0 && (
        <Section title="Events of the span">
          {span.events.map((event, index) => (
            <div key={index}>
              <span class="faint">{since(event.at)}</span> {event.name}
              <Pairs of={event.attributes} />
            </div>
          ))}
        </Section>
      )}
      {span.links.length > 0 && (
        <Section title="Links">
          {span.links.map((link) => (
            <p key={link.spanId} class="mono">
              <a href={`/traces/${link.traceId}?span=${link.spanId}`}>
                {link.traceId === trace.traceId ? "in this trace" : `trace ${link.traceId.slice(0, 12)}`}
              </a>
            </p>
          ))}
        </Section>
      )}
      <Group title="Attributes" of={span.attributes} />
      <Group title="Resource" of={span.resource} />
      <Section title="Span">
        <Pairs of={{ id: span.spanId, started: clock(span.startAt), kind: span.kind }} />
      </Section>
    </aside>
  );
}

function Marks({ span }: { span: SpanView }) {
  return (
    <p class="marks">
      <Badge>{span.kind}</Badge>
      {span.local !== null && (
        <Badge mood={span.local ? "plain" : "busy"}>{span.local ? "local" : "remote"}</Badge>
      )}
      {span.status === "error" && <Badge mood="bad">error</Badge>}
      {span.critical && <Badge>critical path</Badge>}
      {!span.critical && span.criticalToEnd && <Badge>critical path to the end</Badge>}
    </p>
  );
}

/** Where else what it was about can be seen. */
function Ways({ span }: { span: SpanView }) {
  const saga = span.attributes["kerf.saga"];
  const id = span.attributes["kerf.saga.id"];
  const isEvent = span.kind === "producer" || span.kind === "consumer";
  const owner = span.member?.split("@")[0];
  return (
    <p class="marks">
      {span.durationMs > 0 && (
        <a class="button" href={withQuery({ zoom: span.spanId })}>
          Zoom
        </a>
      )}
      {typeof saga === "string" && typeof id === "string" && (
        <a class="button" href={`/sagas/${[span.service, saga, id].map(encodeURIComponent).join("/")}`}>
          Saga
        </a>
      )}
      {isEvent && (
        <a class="button" href="/events">
          Events
        </a>
      )}
      {owner !== undefined && span.member !== null && span.member.includes("@") && (
        <a
          class="button"
          href={`/services/${encodeURIComponent(owner)}?member=${encodeURIComponent(span.member)}`}
        >
          Contract
        </a>
      )}
      {span.member !== null && (
        <a class="button" href={`/traces?member=${encodeURIComponent(span.member)}`}>
          Others like it
        </a>
      )}
    </p>
  );
}

function errorOf({ statusMessage, attributes }: SpanView): string {
  const parts = [attributes["kerf.error.code"] ?? attributes["error.type"], statusMessage];
  return (
    [...new Set(parts.filter((part) => typeof part === "string" && part !== ""))].join(": ") || "It failed."
  );
}

function Group({ title, of }: { title: string; of: Attributes }) {
  if (Object.keys(of).length === 0) return null;
  return (
    <Section title={title}>
      <Pairs of={of} />
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="section">
      {title !== "" && <h3>{title}</h3>}
      {children}
    </section>
  );
}
