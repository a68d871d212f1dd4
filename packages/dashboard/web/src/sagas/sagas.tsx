import type { SagaList, SagaRow } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { ago, count, duration, moment } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { SelectField } from "../parts/field.tsx";
import { Badge, Empty, ServiceName } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { withQuery } from "../route.ts";
import { SAGA_MOODS } from "./state.ts";

const MOST = 200;
const STATES = ["parked", "stuck", "running", "undoing", "done", "refused", "abandoned"] as const;

export function SagasPage({ search }: { search: URLSearchParams }) {
  const state = STATES.find((one) => one === search.get("state"));
  const service = search.get("service") ?? "";
  const name = search.get("name") ?? "";
  const sagas = useLoaded<SagaList>(apiPath("/sagas", { state, service, name, limit: MOST }), ["sagas"]);
  return (
    <View title="Sagas">
      <Ready of={sagas}>
        {(list) => (
          <>
            <div class="filters">
              <States list={list} now={state ?? ""} />
              <SelectField
                name="name"
                label="Saga"
                now={name}
                all="All sagas"
                options={[...new Set(list.counts.map((one) => one.name))].toSorted()}
              />
            </div>
            <div class="view-body bare">
              {list.sagas.length === 0 ? (
                <Nothing any={list.counts.length > 0} />
              ) : (
                <>
                  <Table sagas={list.sagas} />
                  {list.sagas.length === MOST && (
                    <p class="more soft">
                      Parked ones, then the latest, {MOST} in all: a state or a saga above shows others.
                    </p>
                  )}
                </>
              )}
            </div>
          </>
        )}
      </Ready>
    </View>
  );
}

function States({ list, now }: { list: SagaList; now: string }) {
  const sum = (state: string) =>
    list.counts.reduce(
      (total, one) =>
        total + (state === "stuck" ? one.stuck : one.state === state || state === "" ? one.sagas : 0),
      0,
    );
  return (
    <nav class="choices" aria-label="State">
      {["", ...STATES].map((state) => (
        <a key={state} href={withQuery({ state })} aria-current={state === now ? "true" : undefined}>
          {state === "" ? "All" : state} <span class="faint">{count(sum(state))}</span>
        </a>
      ))}
    </nav>
  );
}

function Table({ sagas }: { sagas: readonly SagaRow[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Saga</th>
          <th>State</th>
          <th class="extra">At step</th>
          <th class="extra">Error</th>
          <th class="num extra">Took</th>
          <th class="num">Started</th>
        </tr>
      </thead>
      <tbody>
        {sagas.map((saga) => (
          <tr key={`${saga.service} ${saga.name} ${saga.id}`}>
            <td class="one-line">
              <a
                class="cover"
                data-row=""
                href={`/sagas/${[saga.service, saga.name, saga.id].map(encodeURIComponent).join("/")}`}
              >
                <ServiceName name={saga.service} /> {saga.name}{" "}
                <span class="mono faint">{saga.id.slice(0, 13)}</span>
              </a>
            </td>
            <td class="one-line">
              <Badge mood={SAGA_MOODS[saga.state]}>{saga.state}</Badge>{" "}
              {saga.stuck && <Badge mood="warn">stuck</Badge>}
            </td>
            <td class="soft one-line extra">{saga.step ?? ""}</td>
            <td class="clip soft extra">{saga.parkedReason ?? saga.error?.message ?? ""}</td>
            <td class="num extra">
              {saga.endedAt === null ? "" : duration(Date.parse(saga.endedAt) - Date.parse(saga.startedAt))}
            </td>
            <td class="num soft" title={ago(saga.startedAt)}>
              {moment(saga.startedAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Nothing({ any }: { any: boolean }) {
  if (any)
    return (
      <Empty title="None in this state">
        <a class="button" href="/sagas">
          All sagas
        </a>
      </Empty>
    );
  return (
    <Empty title="No saga has run yet">
      <p>
        A saga is work of several steps, each with its way back. Declare one with <code>saga()</code> in a
        service, and each of its runs stands here.
      </p>
    </Empty>
  );
}
