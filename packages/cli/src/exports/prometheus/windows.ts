/**
 * When the use of an error budget is worth an alert: it is used up `times` faster than in 30 days over `long`, and still
 * over `short`. The first two use 2 % of it in an hour and 5 % in six: somebody is woken. The others use 10 % in a day or
 * three: somebody looks tomorrow.
 * @see https://sre.google/workbook/alerting-on-slos/ "6: Multiwindow, Multi-Burn-Rate Alerts"
 */
export const burns = {
  page: [
    { times: 14.4, long: "1h", short: "5m" },
    { times: 6, long: "6h", short: "30m" },
  ],
  ticket: [
    { times: 3, long: "1d", short: "2h" },
    { times: 1, long: "3d", short: "6h" },
  ],
} as const;

export type Severity = keyof typeof burns;

/** Those that burns are measured over, the shortest first. */
export const windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;
