import type { AppView } from "../../src/api/index.ts";

export interface ViewEntry {
  readonly path: string;
  readonly name: string;
  /** With `g` before it, the key that goes there. */
  readonly key: string;
  /** Path of a 16 × 16 icon. */
  readonly icon: string;
  readonly needs?: keyof AppView["parts"];
}

/** The views, in the order of the navigation. */
export const VIEWS: readonly ViewEntry[] = [
  {
    path: "map",
    name: "Map",
    key: "m",
    icon: "M2 3h4v3H2zM10 2.5h4v3h-4zM6.5 10.5h4v3h-4zM6 4.5h4M4 6v2.5h4.5v2M12 5.5v3H8.5",
  },
  { path: "traces", name: "Traces", key: "t", icon: "M2 3.5h8M4 6.5h9M6.5 9.5h5M8 12.5h6" },
  {
    path: "sagas",
    name: "Sagas",
    key: "s",
    icon: "M3.5 3.5h0M3.5 8h0M3.5 12.5h0M7 3.5h7M7 8h7M7 12.5h5M3.5 5v1.5M3.5 9.5V11",
    needs: "operations",
  },
  {
    path: "events",
    name: "Events",
    key: "e",
    icon: "M2 8h3M5 8l6-4.5M5 8l6 4.5M5 8h6M11 3.5h3M11 8h3M11 12.5h3",
  },
  {
    path: "dead-letters",
    name: "Dead letters",
    key: "d",
    icon: "M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5M6 2l4 0",
    needs: "operations",
  },
  {
    path: "services",
    name: "Services",
    key: "v",
    icon: "M8 1.8l5.5 3v6.4L8 14.2l-5.5-3V4.8zM2.5 4.8L8 8l5.5-3.2M8 8v6.2",
  },
  { path: "logs", name: "Logs", key: "l", icon: "M3 2.5h10v11H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3" },
  { path: "metrics", name: "Metrics", key: "x", icon: "M2 13.5h12M2 11l3.5-4 3 2.5L14 3.5" },
  {
    path: "topology",
    name: "Topology",
    key: "u",
    icon: "M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11zM5 4.5h0M5 11.5h0",
    needs: "topology",
  },
];

export function viewsOf(app: AppView): readonly ViewEntry[] {
  return VIEWS.filter(({ needs }) => needs === undefined || app.parts[needs]);
}
