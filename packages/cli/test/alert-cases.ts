/** What is scraped of the shop, and the alerts that it must make. */
import { up, type AlertCase } from "./prometheus-tools.ts";

const place = (metric: string, more = "") =>
  `${metric}{job="shop",kerf_caller="gateway",kerf_callee="orders",kerf_member="orders@1.place",kerf_local="true"${more}}`;
const calls = { [place("kerf_edge_calls_total")]: "0+1000x400" };
const failing = (type: string, values: string) => ({
  [place("kerf_edge_errors_total", `,error_type="${type}"`)]: values,
});
const watch = (metric: string, more = "") =>
  `${metric}{job="shop",kerf_caller="gateway",kerf_callee="orders",kerf_member="orders@1.watch",kerf_local="true"${more}}`;
const streams = { [watch("kerf_edge_streams_total")]: "0+1000x400" };
const breaking = (type: string, values: string) => ({
  [watch("kerf_edge_stream_errors_total", `,error_type="${type}"`)]: values,
});
/** A second, of all edges and so of all members. */
const rates = (errors: number, refusals: number) =>
  Object.fromEntries(
    ["edge", "member"].flatMap((level) => [
      [`sum(${level}:kerf_edge_errors:rate5m)`, errors],
      [`sum(${level}:kerf_edge_refusals:rate5m)`, refusals],
    ]),
  );
const within = (values: string) => ({
  [place("kerf_edge_duration_seconds_bucket", ',le="0.5"')]: values,
  [place("kerf_edge_duration_seconds_count")]: "0+1000x400",
});
const burn = (severity: string, objective: string, member = "orders@1.place") =>
  `{alertname="KerfErrorBudgetBurn",severity="${severity}",service="orders",kerf_member="${member}",objective="${objective}"}`;
const lag = (metric: string) => `${metric}{job="shop",consumer="carts",channel="catalog@1"}`;
const ofOrders = (alert: string, severity: string) =>
  `{alertname="${alert}",severity="${severity}",service="orders"}`;

/** Of promises. At half hours, since rules are evaluated then. */
export const burning: readonly AlertCase[] = [
  {
    name: "a fifth of all calls fails by our fault: somebody is woken",
    scraped: { ...calls, ...failing("INTERNAL", "0+200x400") },
    at: "90m",
    fires: [burn("page", "availability"), burn("ticket", "availability")],
    reckons: rates(3.333, 0),
  },
  {
    name: "a few fail: somebody looks tomorrow",
    scraped: { ...calls, ...failing("UNAVAILABLE", "0+2x400") },
    at: "390m",
    fires: [burn("ticket", "availability")],
  },
  {
    name: "as few fail as may",
    scraped: { ...calls, ...failing("INTERNAL", "0+0x30 1+0.5x370") },
    at: "390m",
    fires: [],
  },
  {
    name: "nothing fails",
    scraped: calls,
    at: "90m",
    fires: [],
  },
  {
    name: "what the contract declares, and bad input, are nobody's fault",
    scraped: {
      ...calls,
      ...failing("UnknownOffer", "0+500x400"),
      ...failing("INVALID_ARGUMENT", "0+400x400"),
    },
    at: "90m",
    fires: [],
    reckons: rates(0, 15),
  },
  {
    name: "nobody is woken for what is over",
    scraped: { ...calls, ...failing("INTERNAL", "0+1000x20 20000+0x80") },
    at: "60m",
    fires: [burn("ticket", "availability")],
  },
  {
    name: "all are slow",
    scraped: within("0+0x400"),
    at: "90m",
    fires: [burn("page", "latency"), burn("ticket", "latency")],
  },
  {
    name: "one in twenty-five is slow, of the twenty that may be",
    scraped: within("0+960x400"),
    at: "390m",
    fires: [],
  },
  {
    name: "a fifth of all streams breaks by our fault, and no call",
    scraped: { ...calls, ...streams, ...breaking("UNAVAILABLE", "0+200x400") },
    at: "90m",
    fires: [burn("page", "availability", "orders@1.watch"), burn("ticket", "availability", "orders@1.watch")],
  },
  {
    name: "streams break, as few as may, or end with what their contracts declare, or by their readers' fault",
    scraped: {
      ...streams,
      ...breaking("INTERNAL", "0+0x30 1+0.5x370"),
      ...breaking("UnknownOffer", "0+500x400"),
      ...breaking("RESOURCE_EXHAUSTED", "0+300x400"),
    },
    at: "390m",
    fires: [],
  },
];

/** Of what waits, is gone or begins anew. */
export const waiting: readonly AlertCase[] = [
  {
    name: "a subscriber is behind, for less than five minutes",
    scraped: { [lag("kerf_event_lag_age_seconds")]: "0+0x10 301+60x4" },
    at: "15m",
    fires: [],
  },
  {
    name: "a subscriber is behind",
    scraped: { [lag("kerf_event_lag_age_seconds")]: "0+0x10 301+60x10" },
    at: "18m",
    fires: ['{alertname="KerfEventLag",severity="ticket",service="carts",channel="catalog@1"}'],
  },
  {
    name: "a subscriber has many messages to go",
    scraped: { [lag("kerf_event_lag_messages")]: "10001x10" },
    at: "8m",
    fires: ['{alertname="KerfEventLag",severity="ticket",service="carts",channel="catalog@1"}'],
  },
  {
    name: "a subscriber is about to lose messages",
    scraped: { [lag("kerf_event_lag_age_seconds")]: "500000+60x10" },
    at: "8m",
    fires: [
      '{alertname="KerfEventLag",severity="ticket",service="carts",channel="catalog@1"}',
      '{alertname="KerfEventsNearLoss",severity="page",service="carts",channel="catalog@1"}',
    ],
  },
  {
    name: "the relay does not send",
    scraped: { 'kerf_outbox_oldest_age_seconds{job="shop",service="orders"}': "0+30x10" },
    at: "6m",
    fires: [ofOrders("KerfOutboxWaits", "page")],
  },
  {
    name: "two replicas tell of the same dead letters",
    scraped: {
      'kerf_dead_letters{job="shop",service="orders",instance="a"}': "2x5",
      'kerf_dead_letters{job="shop",service="orders",instance="b"}': "2x5",
      'kerf_dead_letters{job="shop",service="carts",instance="a"}': "0x5",
    },
    at: "2m",
    fires: [ofOrders("KerfDeadLetters", "ticket")],
  },
  {
    name: "many wait for another try",
    scraped: { 'kerf_retries{job="shop",service="orders"}': "1001x20" },
    at: "12m",
    fires: [ofOrders("KerfRetries", "ticket")],
  },
  {
    name: "a saga is parked, another one stuck, others run",
    scraped: {
      'kerf_saga_active{job="shop",service="orders",state="parked"}': "1x20",
      'kerf_saga_active{job="shop",service="orders",state="stuck"}': "1x20",
      'kerf_saga_active{job="shop",service="orders",state="running"}': "50x20",
    },
    at: "12m",
    fires: [ofOrders("KerfSagasParked", "ticket"), ofOrders("KerfSagasStuck", "ticket")],
  },
  {
    name: "a process is gone, another one is there",
    scraped: {
      'up{job="shop",instance="a",unit="orders"}': "1x2 0x8",
      'up{job="shop",instance="b",unit="carts"}': "1x10",
    },
    at: "6m",
    fires: ['{alertname="KerfTargetDown",severity="page",instance="a"}'],
  },
  {
    name: "nothing is scraped",
    scraped: { [up]: "_x10" },
    at: "6m",
    fires: ['{alertname="KerfNothingScraped",severity="page"}'],
  },
  {
    name: "a process dies again and again; one was deployed",
    scraped: {
      'process_uptime_seconds{job="shop",instance="a"}': "100 5 65 5 65 5 65 125",
      'process_uptime_seconds{job="shop",instance="b"}': "100+60x3 5+60x3",
    },
    at: "7m",
    fires: ['{alertname="KerfRestarts",severity="ticket",instance="a"}'],
  },
  {
    name: "what another application does is not the shop's",
    scraped: { 'kerf_dead_letters{job="bank",service="orders"}': "2x5" },
    at: "2m",
    fires: [],
  },
];
