/** One question to Prometheus, and how its answers are called. */
export interface Target {
  readonly expr: string;
  readonly legend: string;
  /** Only the newest value: for numbers and tables. */
  readonly instant?: true;
  /** Shows the traces that the histogram names. */
  readonly exemplar?: true;
}

export interface DataLink {
  readonly title: string;
  readonly url: string;
}

/** A panel before it has a place. */
export interface PanelDraft {
  readonly type: "timeseries" | "stat" | "table";
  readonly title: string;
  readonly description: string;
  /** Of Grafana's units: "s", "reqps", "percentunit", "bytes", "short". */
  readonly unit: string;
  readonly targets: readonly Target[];
  /** In 24ths of the width. */
  readonly width: number;
  readonly links?: readonly DataLink[];
  /** From these values on it is orange, and red. */
  readonly limits?: readonly [warn: number, bad: number];
  readonly stacked?: true;
  readonly max?: number;
}

/** @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
  readonly [more: string]: unknown;
}

const heights = { timeseries: 8, stat: 4, table: 10 } as const;
export const prometheus = { type: "prometheus", uid: "${datasource}" } as const;

/** Places panels from left to right, and then below. */
export function placed(drafts: readonly PanelDraft[]): readonly Panel[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return drafts.map((draft, i) => {
    if (x + draft.width > 24) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const h = heights[draft.type];
    const gridPos = { x, y, w: draft.width, h };
    x += draft.width;
    rowHeight = Math.max(rowHeight, h);
    return panelOf(draft, i + 1, gridPos);
  });
}

function panelOf(draft: PanelDraft, id: number, gridPos: Panel["gridPos"]): Panel {
  const { type, title, description, unit, targets, links = [], limits, stacked, max } = draft;
  const [warn, bad] = limits ?? [];
  return {
    id,
    type,
    title,
    description,
    gridPos,
    datasource: prometheus,
    targets: targets.map(({ expr, legend, instant, exemplar }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: prometheus,
      expr,
      legendFormat: legend,
      editorMode: "code",
      instant: instant ?? false,
      range: instant !== true,
      exemplar: exemplar ?? false,
      ...(type === "table" ? { format: "table" } : {}),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(max === undefined ? {} : { max }),
        links: links.map((link) => ({ ...link, targetBlank: false })),
        color: { mode: type === "timeseries" ? "palette-classic" : "thresholds" },
        thresholds: {
          mode: "absolute",
          steps: [
            { color: "green", value: null },
            ...(limits
              ? [
                  { color: "orange", value: warn },
                  { color: "red", value: bad },
                ]
              : []),
          ],
        },
        ...(type === "timeseries" ? { custom: drawing(stacked, limits !== undefined) } : {}),
      },
      overrides: [],
    },
    options: optionsOf(type),
    ...(type === "table" ? { transformations: asRows(targets) } : {}),
  };
}

function drawing(stacked: true | undefined, limited: boolean): object {
  return {
    drawStyle: "line",
    lineWidth: 1,
    fillOpacity: stacked ? 40 : 5,
    showPoints: "never",
    stacking: { mode: stacked ? "normal" : "none", group: "A" },
    thresholdsStyle: { mode: limited ? "dashed" : "off" },
  };
}

function optionsOf(type: PanelDraft["type"]): object {
  if (type === "table") return { showHeader: true, cellHeight: "sm" };
  if (type === "stat")
    return {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      colorMode: "value",
      graphMode: "area",
      textMode: "auto",
    };
  return {
    legend: { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] },
    tooltip: { mode: "multi", sort: "desc" },
  };
}

/** One row for each series, with a column for each question. */
function asRows(targets: readonly Target[]): readonly object[] {
  const renameByName = Object.fromEntries(
    targets.map(({ legend }, i) => [`Value #${String.fromCharCode(65 + i)}`, legend]),
  );
  return [
    { id: "merge", options: {} },
    { id: "organize", options: { excludeByName: { Time: true, job: true, quantile: true }, renameByName } },
  ];
}
