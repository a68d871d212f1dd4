import { useMemo, useState } from "preact/hooks";
import type { MemberView, Published, PublishRequest, ServiceView } from "../../../src/api/index.ts";
import { apiPath, tell, type Refusal } from "../ask.ts";
import { InputEditor } from "../form/input-editor.tsx";
import { initialOf } from "../form/initial.ts";
import { shapeOf } from "../form/shape.ts";
import { inputOf, shareInput } from "../form/shared-input.ts";
import type { Violation } from "../form/violations.ts";
import { useEscape } from "../keys.ts";
import { useLoaded } from "../loaded.ts";
import { Aside } from "../parts/aside.tsx";
import { Paragraphs } from "../parts/text.tsx";
import { Ready } from "../parts/view.tsx";
import { setQuery } from "../route.ts";
import { Submit } from "../try/submit.tsx";

interface Props {
  /** `"orders@1.placed"`. */
  readonly type: string;
  readonly publisher: string;
  readonly search: URLSearchParams;
}

/** States an event by hand, as if its owner had. */
export function Publish({ type, publisher, search }: Props) {
  const owner = useLoaded<ServiceView>(apiPath(`/services/${encodeURIComponent(publisher)}`));
  const close = () => setQuery({ publish: null, input: null });
  useEscape(close);
  return (
    <Aside label={`Publish ${type}`}>
      <div class="aside-head">
        <h2>Publish {type}</h2>
        <button type="button" class="button quiet" onClick={close}>
          Close
        </button>
      </div>
      <Ready of={owner}>
        {({ members }) => {
          const event = members.find(({ id }) => id === type);
          return event ? (
            <Form event={event} search={search} />
          ) : (
            <p class="soft">{publisher} does not declare it.</p>
          );
        }}
      </Ready>
    </Aside>
  );
}

type Told = { readonly published: Published } | { readonly error: string } | null;

function Form({ event, search }: { event: MemberView; search: URLSearchParams }) {
  const shape = useMemo(() => shapeOf(event.output ?? {}), [event]);
  const [data, setData] = useState(() => inputOf(search) ?? initialOf(shape));
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [violations, setViolations] = useState<readonly Violation[]>([]);
  const [told, setTold] = useState<Told>(null);
  const publish = () => {
    const request: PublishRequest = {
      channel: event.id,
      data: data as PublishRequest["data"],
      ...(reason.trim() !== "" && { reason: reason.trim() }),
    };
    setBusy(true);
    tell<Published>("/api/publish", request)
      .then(
        (published) => {
          setViolations([]);
          setTold({ published });
        },
        (problem: Refusal) => {
          setViolations(problem.violations);
          setTold({ error: problem.message });
        },
      )
      .finally(() => setBusy(false));
  };
  return (
    <div class="section">
      {event.docs && <Paragraphs text={event.docs} />}
      <Submit
        label={busy ? "Publishing…" : "Publish"}
        busy={busy}
        onSubmit={publish}
        note="Its subscribers handle it as any other. It is recorded as done by hand."
      >
        <InputEditor
          title="Data"
          shape={shape}
          value={data}
          violations={violations}
          onChange={(value) => {
            setData(value);
            shareInput(shape, value);
          }}
        />
        <label class="form-field">
          <span class="form-head">
            <span class="form-name">Reason</span>
            <span class="faint">for those who read the records</span>
          </span>
          <input
            class="field form-input"
            autocomplete="off"
            value={reason}
            onInput={(input) => setReason(input.currentTarget.value)}
          />
        </label>
      </Submit>
      {told && "error" in told && (
        <p class="notice" data-mood="bad" role="alert">
          {told.error}
        </p>
      )}
      {told && "published" in told && (
        <p class="notice" role="status">
          Published as <span class="mono">{told.published.id}</span>.{" "}
          <a href={`/traces/${told.published.traceId}`}>Its trace</a>
        </p>
      )}
    </div>
  );
}
