import type { MemberView, ServiceView } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { duration, rate } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { Badge, Facts, ServiceName } from "../parts/text.tsx";
import { TrafficCells, TrafficHeads } from "../parts/traffic-cells.tsx";
import { Ready, View } from "../parts/view.tsx";
import { withQuery } from "../route.ts";
import { MemberDetail } from "./member.tsx";

export function ServicePage({ name, search }: { name: string; search: URLSearchParams }) {
  const window = windowOf(search);
  const service = useLoaded<ServiceView>(
    apiPath(`/services/${encodeURIComponent(name)}`, { windowMs: window }),
    ["traces", "metrics"],
  );
  return (
    <View
      title={name}
      parent={{ name: "Services", href: "/services" }}
      tools={
        <span class="push marks">
          <a class="button" href={`/traces?service=${encodeURIComponent(name)}`}>
            Traces
          </a>
          <a class="button" href={`/logs?service=${encodeURIComponent(name)}`}>
            Logs
          </a>
          <WindowChoice now={window} />
        </span>
      }
    >
      <Ready of={service}>{(value) => <Service service={value} search={search} />}</Ready>
    </View>
  );
}

function Service({ service, search }: { service: ServiceView; search: URLSearchParams }) {
  const member = search.get("member");
  const chosen = service.members.find(({ id, name }) => id === member || name === member);
  return (
    <div class={chosen ? "split wide" : "split whole"}>
      <div>
        <div class="trace-summary">
          <Facts
            of={[
              ["Unit", service.unit ?? "–"],
              ["Contracts", service.contracts.join(", ")],
              ["Database", service.database ? "its own" : "none"],
              ["Uses", service.uses.join(", ") || "nobody"],
              ["Used by", service.callers.join(", ") || "nobody"],
              ["Rate", rate(service.traffic.perSecond)],
              ["p95", duration(service.traffic.p95Ms)],
            ]}
          />
        </div>
        <table class="table">
          <thead>
            <tr>
              <th>Member</th>
              <th>Kind</th>
              {!chosen && <th>Callers</th>}
              <TrafficHeads first="Count" />
            </tr>
          </thead>
          <tbody>
            {service.members.map((one) => (
              <Row key={one.id} member={one} chosen={one === chosen} callers={!chosen} />
            ))}
          </tbody>
        </table>
      </div>
      {chosen && <MemberDetail key={chosen.id} member={chosen} search={search} />}
    </div>
  );
}

interface RowProps {
  readonly member: MemberView;
  readonly chosen: boolean;
  /** Whether there is room for them. */
  readonly callers: boolean;
}

function Row({ member, chosen, callers }: RowProps) {
  return (
    <tr aria-selected={chosen}>
      <td class="clip">
        <a
          class="cover"
          data-row=""
          href={withQuery({ member: chosen ? null : member.id, input: null })}
          title={member.docs ?? undefined}
        >
          {member.name} <span class="mono faint">{member.http ?? ""}</span>
        </a>{" "}
        {member.deprecated && <Badge mood="warn">deprecated</Badge>}
      </td>
      <td>
        <Badge>{member.kind}</Badge>
      </td>
      {callers && (
        <td>
          <span class="marks">
            {member.callers.slice(0, 4).map(({ name }) => (
              <ServiceName key={name} name={name} />
            ))}
          </span>
        </td>
      )}
      <TrafficCells traffic={member.traffic} as="count" />
    </tr>
  );
}
