import type { ServiceList } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { Badge, Empty, ServiceName } from "../parts/text.tsx";
import { TrafficCells, TrafficHeads } from "../parts/traffic-cells.tsx";
import { Ready, View } from "../parts/view.tsx";

export function ServicesPage({ search }: { search: URLSearchParams }) {
  const window = windowOf(search);
  const list = useLoaded<ServiceList>(apiPath("/services", { windowMs: window }), [
    "traces",
    "metrics",
    "topology",
  ]);
  return (
    <View
      title="Services"
      tools={
        <span class="push">
          <WindowChoice now={window} />
        </span>
      }
    >
      <div class="view-body bare">
        <Ready of={list}>
          {({ services }) =>
            services.length === 0 ? (
              <Empty title="No services">
                <p>
                  Name the first in <code>kerf.config.ts</code>; it stands here with its contract.
                </p>
              </Empty>
            ) : (
              <Table services={services} window={window} />
            )
          }
        </Ready>
      </div>
    </View>
  );
}

function Table({ services, window }: { services: ServiceList["services"]; window: string }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Service</th>
          <th class="extra">Contracts</th>
          <th>Unit</th>
          <th class="extra-soon">Uses</th>
          <th class="num extra">Callers</th>
          <TrafficHeads first="Rate" />
        </tr>
      </thead>
      <tbody>
        {services.map((service) => (
          <tr key={service.name}>
            <td>
              <a
                class="cover"
                data-row=""
                href={`/services/${encodeURIComponent(service.name)}?window=${window}`}
              >
                <ServiceName name={service.name} />
              </a>
            </td>
            <td class="extra">
              <span class="marks">
                {service.contracts.map((contract) => (
                  <Badge key={contract}>{contract}</Badge>
                ))}
              </span>
            </td>
            <td class="soft">{service.unit ?? "–"}</td>
            <td class="clip soft extra-soon">
              {[...service.uses, ...(service.database ? ["database"] : [])].join(", ")}
            </td>
            <td class="num soft extra" title={service.callers.join(", ")}>
              {service.callers.length}
            </td>
            <TrafficCells traffic={service.traffic} as="rate" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
