import { crossOriginStage } from "../cors.ts";
import { isLoopback } from "../identity/development.ts";
import { identityStage } from "../identity/stage.ts";
import { rateLimits } from "../limits/rates.ts";
import type { Limits } from "../limits.ts";
import type { GatewayOptions } from "../options.ts";
import type { PendingCalls } from "../pending.ts";
import { bodyStage } from "../read-body.ts";
import type { AnyRoute } from "../routes.ts";
import { bodyDeadline } from "../server/body-deadline.ts";
import type { Refuse, Stage } from "../stage.ts";
import { traceStage } from "../traced.ts";
import type { Versions } from "../versions/versions.ts";

export interface StageParts {
  readonly options: GatewayOptions;
  readonly limits: Limits;
  readonly calls: PendingCalls;
  readonly versions: Versions;
}

/**
 * What every request of a contract's route passes before its last step, in this order: who may read the answer, who asks and
 * with which role, how often, whether the member is still served, and the body. What is off has no stage.
 */
export function stagesOf({
  options,
  limits,
  calls,
  versions,
}: StageParts): (route: AnyRoute, refuse: Refuse) => readonly Stage[] {
  const { identify, legacy, telemetry, trustedProxies = 0 } = options;
  const origins = options.cors?.origins ?? [];
  const rates = rateLimits({
    ...options,
    limits: options.rateLimits,
    reachedByOthers: !isLoopback(options.host) || trustedProxies > 0,
    trustedProxies,
  });
  return (route, refuse) => [
    ...(telemetry?.spans ? [traceStage(telemetry, route)] : []),
    ...(origins.length > 0 && !route.below ? [crossOriginStage(origins)] : []),
    ...(legacy && route.hasBody ? [bodyDeadline(limits.requestMs)] : []),
    ...(identify === undefined && route.member.access === "public"
      ? []
      : [rates.guardIdentity((no) => identityStage(route, identify, calls, no), refuse)]),
    ...rates.stages(route.member.id, route.member.limit, refuse),
    ...versions.stages(route, refuse),
    ...(route.hasBody ? [bodyStage(limits, refuse)] : []),
  ];
}
