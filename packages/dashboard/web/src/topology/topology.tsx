import { useEffect } from "preact/hooks";
import type { TopologyView } from "../../../src/api/index.ts";
import { useLoaded } from "../loaded.ts";
import { Badge, Empty } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { Unit } from "./unit.tsx";

export function TopologyPage() {
  const topology = useLoaded<TopologyView>("/api/topology", ["topology", "metrics"]);
  const unmeasured = topology.value?.units.some(({ processes }) =>
    processes.some(({ pid, cpu }) => pid !== null && cpu === null),
  );
  useEffect(() => {
    // A share of the processor is that between two looks.
    const timer = unmeasured ? setTimeout(topology.reload, 1_000) : undefined;
    return () => clearTimeout(timer);
  }, [unmeasured, topology.value, topology.reload]);
  return (
    <View title="Topology" tools={topology.value && <Badge>{topology.value.topology}</Badge>}>
      <div class="view-body bare">
        <Ready of={topology}>
          {({ units }) =>
            units.length === 0 ? (
              <Empty title="Nothing runs yet">
                <p>
                  The units of the topology stand here as soon as <code>kerf dev</code> has started them.
                </p>
              </Empty>
            ) : (
              <Table units={units} />
            )
          }
        </Ready>
      </div>
    </View>
  );
}

function Table({ units }: Pick<TopologyView, "units">) {
  return (
    <table class="table processes">
      <thead>
        <tr>
          <th>Process</th>
          <th>Services</th>
          <th>State</th>
          <th class="num">CPU</th>
          <th class="num">Memory</th>
          <th class="num extra">Up</th>
          <th class="num extra">Restarts</th>
          <th class="num extra-soon">Address</th>
          <th>
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      {units.map((unit) => (
        <Unit key={unit.name} unit={unit} />
      ))}
    </table>
  );
}
