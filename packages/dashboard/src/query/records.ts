import type { Action, By, DeadLetter, Operations, ServiceOperations } from "@kerf/runtime";
import type {
  ActionView,
  DeadLetterGroups,
  DeadLetterList,
  DeadLetterView,
  Done,
  LetterChoice,
  SagaList,
  SagaQuery,
  SagaView,
} from "../api/index.ts";

const MOST_LETTERS = 1_000;

export async function sagasOf(operations: Operations, query: SagaQuery): Promise<SagaList> {
  const limit = Math.min(1_000, Math.max(1, query.limit ?? 100));
  const services = [...operations.services.values()].filter(
    ({ service }) => query.service === undefined || service === query.service,
  );
  const each = await Promise.all(
    services.map(async (one) => {
      const { service } = one;
      const [counts, sagas] = await Promise.all([
        one.sagaCounts(),
        one.sagas({ state: query.state, name: query.name, limit }),
      ]);
      return {
        counts: counts.map((count) => ({ service, ...count })),
        sagas: sagas.map((saga) => ({ service, ...saga })),
      };
    }),
  );
  const parkedFirst = (
    a: { state: string; startedAt: string },
    b: { state: string; startedAt: string },
  ): number =>
    Number(b.state === "parked") - Number(a.state === "parked") || (a.startedAt < b.startedAt ? 1 : -1);
  return {
    counts: each.flatMap(({ counts }) => counts),
    sagas: each
      .flatMap(({ sagas }) => sagas)
      .toSorted(parkedFirst)
      .slice(0, limit),
  };
}

export async function sagaOf(
  one: ServiceOperations,
  name: string,
  id: string,
): Promise<SagaView | undefined> {
  const [saga] = await one.findSagas(id, name);
  if (!saga) return undefined;
  const { actor: _actor, traceparent, worker: _worker, nextAt: _nextAt, ...shown } = saga;
  return {
    ...shown,
    service: one.service,
    traceId: traceIdIn(traceparent),
    actions: (await one.actions(id, name)).map(actionOf),
  };
}

function actionOf({ at, who, what, why }: Action): ActionView {
  return { at, who, what, why: why ?? null };
}

export async function groupsOf(operations: Operations): Promise<DeadLetterGroups> {
  const each = await Promise.all(
    [...operations.services.values()].map(async (one) =>
      (await one.deadLetterGroups()).map((group) => ({ service: one.service, ...group })),
    ),
  );
  return { groups: each.flat().toSorted((a, b) => b.messages - a.messages) };
}

export async function lettersOf(
  one: ServiceOperations,
  choice: LetterChoice,
  limit: number,
): Promise<DeadLetterList> {
  const { cause, id } = choice;
  const found = await one.deadLetters({ cause, id }, Math.min(MOST_LETTERS, limit));
  return { letters: found.map((letter) => letterOf(one.service, letter)) };
}

function letterOf(service: string, { body, ...letter }: DeadLetter): DeadLetterView {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(body) as Record<string, unknown>;
  } catch {
    message = { data: body };
  }
  return { ...letter, service, message, traceId: traceIdIn(message["traceparent"]) };
}

export function replayLetters(
  one: ServiceOperations,
  choice: LetterChoice,
  by: By,
  perSecond?: number,
): Promise<Done> {
  const { cause, id } = choice;
  return one.replay({ cause, id }, by, perSecond);
}

export async function dropLetters(one: ServiceOperations, choice: LetterChoice, by: By): Promise<Done> {
  const { cause, id } = choice;
  return { messages: await one.drop({ cause, id }, by), lastAt: null };
}

function traceIdIn(traceparent: unknown): string | null {
  return typeof traceparent === "string"
    ? (/^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] ?? null)
    : null;
}
