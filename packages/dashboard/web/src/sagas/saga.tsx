import { useState } from "preact/hooks";
import type { SagaView } from "../../../src/api/index.ts";
import { apiPath, tell } from "../ask.ts";
import { duration, moment } from "../format.ts";
import { useLoaded } from "../loaded.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Badge, Facts, Json, ServiceName } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { SAGA_MOODS } from "./state.ts";
import { Steps } from "./steps.tsx";

interface Props {
  readonly service: string;
  readonly name: string;
  readonly id: string;
}

export function SagaPage({ service, name, id }: Props) {
  const path = `/sagas/${[service, name, id].map(encodeURIComponent).join("/")}`;
  const saga = useLoaded<SagaView>(apiPath(path), ["sagas"]);
  return (
    <View
      title={name}
      parent={{ name: "Sagas", href: "/sagas" }}
      tools={
        <>
          <span class="mono faint">{id}</span>
          <span class="push marks">
            {saga.value?.traceId && (
              <a class="button" href={`/traces/${saga.value.traceId}`}>
                Trace
              </a>
            )}
            {saga.value?.state === "parked" && <Actions path={path} saga={saga.value} done={saga.reload} />}
          </span>
        </>
      }
    >
      <div class="view-body">
        <Ready of={saga}>{(value) => <Saga saga={value} />}</Ready>
      </div>
    </View>
  );
}

function Saga({ saga }: { saga: SagaView }) {
  const endedAt = saga.endedAt ?? saga.parkedAt;
  return (
    <div class="stack">
      <Facts
        of={[
          ["State", <Badge mood={SAGA_MOODS[saga.state]}>{saga.state}</Badge>],
          ["Service", <ServiceName name={saga.service} />],
          ["Started", moment(saga.startedAt)],
          [
            saga.state === "parked" ? "Parked after" : "Took",
            endedAt === null ? "still runs" : duration(Date.parse(endedAt) - Date.parse(saga.startedAt)),
          ],
          ["Version", String(saga.version)],
        ]}
      />
      {(saga.parkedReason ?? saga.error) && (
        <div class="notice" data-mood={saga.state === "parked" ? "bad" : "plain"}>
          <p>{saga.parkedReason ?? `${saga.error!.code}: ${saga.error!.message}`}</p>
          {saga.parkedFrom && (
            <p>A retry goes on {saga.parkedFrom === "undoing" ? "undoing what was done" : "forward"}.</p>
          )}
        </div>
      )}
      <Steps saga={saga} />
      <section class="card">
        <header>
          <h2>Input</h2>
        </header>
        <div class="inside">
          <Json value={saga.input} />
        </div>
      </section>
      {saga.mail.length > 0 && (
        <section class="card">
          <header>
            <h2>Events that came for it</h2>
          </header>
          <ul class="inside stack">
            {saga.mail.map((mail, index) => (
              <li key={index}>
                {mail.event} <span class="faint">{moment(mail.at)}</span>
                <Json value={mail.data} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {saga.actions.length > 0 && (
        <section class="card">
          <header>
            <h2>What people did</h2>
          </header>
          <ul class="inside lines">
            {saga.actions.map((action, index) => (
              <li key={index}>
                <span class="faint">{moment(action.at)}</span> {action.who}: {action.what}
                {action.why && <span class="soft"> – {action.why}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Actions({ path, saga, done }: { path: string; saga: SagaView; done: () => void }) {
  const [asking, setAsking] = useState<"retry" | "give-up" | null>(null);
  const act = async (reason: string) => {
    await tell(apiPath(`${path}/${asking}`), reason === "" ? {} : { reason });
    done();
  };
  return (
    <>
      <button type="button" class="button main" onClick={() => setAsking("retry")}>
        Retry…
      </button>
      <button type="button" class="button danger" onClick={() => setAsking("give-up")}>
        Give up…
      </button>
      {asking === "retry" && (
        <Confirm title="Retry this saga?" verb="Retry" reason="may" act={act} onClose={() => setAsking(null)}>
          <p class="soft">
            It goes on at {saga.step ?? "the step where it stopped"}. What is done is not done again.
          </p>
        </Confirm>
      )}
      {asking === "give-up" && (
        <Confirm
          title="Give this saga up?"
          verb="Give up"
          reason="needed"
          danger
          act={act}
          onClose={() => setAsking(null)}
        >
          <p class="soft">
            It ends as abandoned, and what its steps did stays as it is. This cannot be taken back.
          </p>
        </Confirm>
      )}
    </>
  );
}
