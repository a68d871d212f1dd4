import { metrics, series } from "../watched/metrics.ts";
import type { Watched } from "../watched/watched.ts";
import { storedServices, type DashboardDraft } from "./dashboard.ts";

/** Sagas that are not over. */
export function sagasDashboard({ app }: Watched): DashboardDraft {
  const chosen = [`job="${app}"`, 'service=~"$service"'];
  // Each replica tells what is in the database that they share.
  const inState = (state: string) =>
    `max by (service) (${series(metrics.sagas, ...chosen, `state="${state}"`)})`;
  const number = (title: string, state: string, description: string, limits: readonly [number, number]) =>
    ({
      type: "stat",
      title,
      description,
      unit: "short",
      width: 8,
      limits,
      targets: [{ expr: `sum(${inState(state)})`, legend: state }],
    }) as const;
  const lines = (title: string, state: string, description: string) =>
    ({
      type: "timeseries",
      title,
      description,
      unit: "short",
      width: 8,
      targets: [{ expr: inState(state), legend: "{{service}}" }],
    }) as const;
  return {
    name: "sagas",
    title: "sagas",
    variables: [storedServices(app)],
    panels: [
      number("Running", "running", "Or being undone; those that wait are among them.", [1e9, 1e9]),
      number("Stuck", "stuck", "They get nowhere: what they call fails, or nobody takes them up.", [1, 10]),
      number("Parked", "parked", "They wait for a person: kerf sagas.", [1, 1]),
      lines("Running by service", "running", "Or being undone."),
      lines("Stuck by service", "stuck", "Of these, those that get nowhere."),
      lines("Parked by service", "parked", "Until somebody retries them or gives them up."),
    ],
  };
}
