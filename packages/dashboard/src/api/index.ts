/**
 * The JSON API of the dashboard, as its page reads it.
 *
 * Every answer is JSON. Times are milliseconds since 1970 with fractions (`number`, names end in `At`) or, where they come
 * from the records of a service, ISO 8601 text; durations are ms. A refusal has a status from 400 on and the body
 * {@link Problem}. Everything but `POST /api/session` needs the cookie that this gives, or `Authorization: Bearer` with the
 * token itself: programs of this machine find it in `dashboard.json` of the data folder.
 *
 * | request | answer |
 * |---|---|
 * | `POST /api/session` {@link SessionRequest} | 204 with the cookie; 403 where the token is wrong |
 * | `GET /api/app` | {@link AppView} |
 * | `GET /api/map?windowMs=` | {@link MapView} |
 * | `GET /api/traces?` {@link TraceQuery} | {@link TraceList} |
 * | `GET /api/traces/{traceId}` | {@link TraceView} |
 * | `GET /api/sagas?` {@link SagaQuery} | {@link SagaList} |
 * | `GET /api/sagas/{service}/{name}/{id}` | {@link SagaView} |
 * | `POST /api/sagas/{service}/{name}/{id}/retry`, `…/give-up` {@link Reason} | 204; give-up needs a reason |
 * | `GET /api/events?windowMs=` | {@link EventsView} |
 * | `GET /api/dead-letters` | {@link DeadLetterGroups} |
 * | `GET /api/dead-letters/letters?` {@link LetterChoice}`&limit=` | {@link DeadLetterList} |
 * | `POST /api/dead-letters/replay` {@link ReplayRequest} | {@link Done} |
 * | `POST /api/dead-letters/drop` {@link DropRequest} | {@link Done} |
 * | `GET /api/services?windowMs=` | {@link ServiceList} |
 * | `GET /api/services/{name}?windowMs=` | {@link ServiceView} |
 * | `GET /api/members` | {@link MembersView} |
 * | `GET /api/people` | {@link PeopleView} |
 * | `POST /api/call` {@link CallRequest} | {@link CallAnswer} |
 * | `POST /api/publish` {@link PublishRequest} | {@link Published} |
 * | `GET /api/logs?` {@link LogQuery} | {@link LogList} |
 * | `GET /api/metrics` | {@link MetricList} |
 * | `GET /api/metrics/series?` {@link SeriesQuery} | {@link SeriesList} |
 * | `GET /api/topology` | {@link TopologyView} |
 * | `POST /api/topology/restart` {@link RestartRequest} | 204 |
 * | `POST /api/units/{unit}/drain` | 204: its processes take no new work, and stay until they are restarted |
 * | `GET /api/live?` {@link LiveQuery} | `text/event-stream` of {@link LiveEvent}, see there |
 * | `GET /api/export` | everything that is kept, as OTLP JSON lines (`application/x-ndjson`) |
 */
export type * from "./app.ts";
export type * from "./attributes.ts";
export type * from "./calls.ts";
export type * from "./dead-letters.ts";
export type * from "./events.ts";
export type * from "./live.ts";
export type * from "./logs.ts";
export type * from "./map.ts";
export type * from "./members.ts";
export type * from "./metrics.ts";
export type * from "./publish.ts";
export type * from "./sagas.ts";
export type * from "./services.ts";
export type * from "./topology.ts";
export type * from "./traces.ts";
export type * from "./traffic.ts";
