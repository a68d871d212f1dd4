import type { EventFlow, EventsView } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { count, duration, plural, rate } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { Badge, Empty, ServiceName } from "../parts/text.tsx";
import { TrafficCells, TrafficHeads } from "../parts/traffic-cells.tsx";
import { Ready, View } from "../parts/view.tsx";
import { withQuery } from "../route.ts";
import { Publish } from "./publish.tsx";

export function EventsPage({ search }: { search: URLSearchParams }) {
  const window = windowOf(search);
  const events = useLoaded<EventsView>(apiPath("/events", { windowMs: window }), [
    "events",
    "traces",
    "dead-letters",
  ]);
  const publish = events.value?.events.find(({ type }) => type === search.get("publish"));
  return (
    <View
      title="Events"
      tools={
        <span class="push">
          <WindowChoice now={window} />
        </span>
      }
    >
      <div class={publish ? "split" : "split whole"}>
        <div class="view-body">
          <Ready of={events}>
            {(view) =>
              view.events.length === 0 ? (
                <Empty title="No events are declared">
                  <p>
                    Declare one with <code>event()</code> in a contract; who publishes and who listens stands
                    here.
                  </p>
                </Empty>
              ) : (
                <div class="stack">
                  <Outboxes outboxes={view.outboxes} />
                  {view.events.map((flow) => (
                    <Flow key={flow.type} flow={flow} />
                  ))}
                </div>
              )
            }
          </Ready>
        </div>
        {publish && (
          <Publish key={publish.type} type={publish.type} publisher={publish.publisher} search={search} />
        )}
      </div>
    </View>
  );
}

function Outboxes({ outboxes }: Pick<EventsView, "outboxes">) {
  const waiting = outboxes.filter(({ unsent }) => unsent > 0);
  if (waiting.length === 0) return null;
  return (
    <p class="notice" data-mood="warn">
      {waiting
        .map(
          ({ service, unsent, oldestMs }) =>
            `${service} has ${count(unsent)} unsent, the oldest ${duration(oldestMs)} old`,
        )
        .join("; ")}
      .
    </p>
  );
}

function Flow({ flow }: { flow: EventFlow }) {
  return (
    <section class="card" aria-label={flow.type}>
      <header>
        <h2>{flow.type}</h2>
        <ServiceName name={flow.publisher} />
        <span class="push flow-numbers">
          {flow.published.count === 0
            ? "none published"
            : `${count(flow.published.count)} published, ${rate(flow.published.perSecond)}`}
        </span>
        <span class="marks">
          <a class="button" href={`/traces?member=${encodeURIComponent(flow.type)}`}>
            Traces
          </a>
          <a class="button" data-row="" href={withQuery({ publish: flow.type, input: null })}>
            Publish…
          </a>
        </span>
      </header>
      {flow.subscribers.length === 0 ? (
        <p class="inside soft">Nobody listens to it.</p>
      ) : (
        <table class="table fixed">
          <thead>
            <tr>
              <th>Subscriber</th>
              <TrafficHeads first="Delivered" />
              <th class="num">Waiting</th>
              <th class="num extra">Oldest</th>
              <th class="num">Dead</th>
            </tr>
          </thead>
          <tbody>
            {flow.subscribers.map((one) => (
              <tr key={one.service}>
                <td>
                  <ServiceName name={one.service} />
                </td>
                <TrafficCells traffic={one.delivered} as="count" />
                <td class="num">{one.lag === null ? "–" : count(one.lag)}</td>
                <td class="num extra">{one.lag === 0 ? "–" : duration(one.oldestMs)}</td>
                <td class="num">
                  {one.deadLetters === 0 ? (
                    <span class="faint">0</span>
                  ) : (
                    <a href={`/dead-letters?service=${encodeURIComponent(one.service)}`}>
                      <Badge mood="bad">{plural(one.deadLetters, "letter")}</Badge>
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
