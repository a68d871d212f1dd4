import type { ServiceList } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { duration, rate, share } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { Badge, Empty, ServiceName } from "../parts/text.tsx";
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
          <th>Contracts</th>
          <th>Unit</th>
          <th>Uses</th>
          <th class="num">Callers</th>
          <th class="num">Rate</th>
          <th class="num">Errors</th>
          <th class="num">p50</th>
          <th class="num">p95</th>
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
            <td>
              <span class="marks">
                {service.contracts.map((contract) => (
                  <Badge key={contract}>{contract}</Badge>
                ))}
              </span>
            </td>
            <td class="soft">{service.unit ?? "–"}</td>
            <td class="clip soft">
              {[...service.uses, ...(service.database ? ["database"] : [])].join(", ")}
            </td>
            <td class="num soft" title={service.callers.join(", ")}>
              {service.callers.length}
            </td>
            <td class="num">{rate(service.traffic.perSecond)}</td>
            <td class={service.traffic.errors > 0 ? "num bad" : "num soft"}>
              {share(service.traffic.errors, service.traffic.count)}
            </td>
            <td class="num">{duration(service.traffic.p50Ms)}</td>
            <td class="num">{duration(service.traffic.p95Ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
