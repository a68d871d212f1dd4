export type * from "./api/index.ts";
export { applicationOf, type Application } from "./application.ts";
export type { Control, ProcessFacts, UnitFacts } from "./control.ts";
export { openDashboard, type Dashboard, type DashboardOptions } from "./dashboard.ts";
export { logRowOf } from "./otlp/log-line.ts";
export type { Identity, PastGateway, PastGatewayAnswer, Sources } from "./parts.ts";
