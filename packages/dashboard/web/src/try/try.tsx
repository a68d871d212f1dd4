import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CallAnswer, CallRequest, MemberView, PeopleView } from "../../../src/api/index.ts";
import { tell } from "../ask.ts";
import { InputEditor } from "../form/input-editor.tsx";
import { initialOf } from "../form/initial.ts";
import { shapeOf } from "../form/shape.ts";
import { inputOf, shareInput } from "../form/shared-input.ts";
import { useLoaded } from "../loaded.ts";
import { Ready } from "../parts/view.tsx";
import { setQuery } from "../route.ts";
import { Answer, violationsOf } from "./answer.tsx";
import { CallerChoice, callerOf, type Caller } from "./caller.tsx";
import { Submit } from "./submit.tsx";

interface Props {
  readonly member: MemberView;
  readonly search: URLSearchParams;
}

/** A form for a member's input, and what the application answers. */
export function Try(props: Props) {
  const people = useLoaded<PeopleView>("/api/people");
  return <Ready of={people}>{(value) => <TryAs {...props} people={value} />}</Ready>;
}

function TryAs({ member, search, people }: Props & { people: PeopleView }) {
  const shape = useMemo(() => shapeOf(member.input ?? {}), [member]);
  const [input, setInput] = useState(() => inputOf(search) ?? initialOf(shape));
  const [shared, setShared] = useState(true);
  const [token, setToken] = useState("");
  const [id, setId] = useState("");
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<CallAnswer | null>(null);
  const [error, setError] = useState<string | null>(null);
  const as = callerOf(search, member, people);
  const result = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (answer ?? error) result.current?.scrollIntoView({ block: "nearest" });
  }, [answer, error]);

  const change = (value: unknown) => {
    setInput(value);
    setShared(shareInput(shape, value));
  };
  const call = () => {
    setBusy(true);
    setError(null);
    tell<CallAnswer>("/api/call", requestOf(member, input, as, token, id))
      .then(setAnswer, (problem: Error) => {
        setAnswer(null);
        setError(problem.message);
      })
      .finally(() => setBusy(false));
  };
  return (
    <>
      <Submit
        label={busy ? "Calling…" : "Call"}
        busy={busy}
        onSubmit={call}
        note={shared ? "The address of this page holds the input." : "The input is too long for the address."}
      >
        {member.http === null && (
          <p class="soft">
            It has no route: the call goes past the gateway, to the service itself. What its access asks of a
            person, it asks of whom you choose.
          </p>
        )}
        <CallerChoice
          people={people.people}
          now={as}
          token={member.http === null ? null : token}
          onChoose={(caller) => setQuery({ as: caller })}
          onToken={setToken}
        />
        <InputEditor
          title="Input"
          shape={shape}
          value={input}
          violations={answer ? violationsOf(answer) : []}
          onChange={change}
        />
        {member.kind === "command" && (
          <label class="form-field">
            <span class="form-head">
              <span class="form-name">Idempotency key</span>
              <span class="faint">a new one where empty</span>
            </span>
            <input
              class="field form-input"
              autocomplete="off"
              value={id}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          </label>
        )}
      </Submit>
      <div ref={result}>
        {error && (
          <p class="notice" data-mood="bad" role="alert">
            {error}
          </p>
        )}
        {answer && <Answer answer={answer} />}
      </div>
    </>
  );
}

function requestOf(member: MemberView, input: unknown, as: Caller, token: string, id: string): CallRequest {
  return {
    member: member.id,
    input: input as NonNullable<CallRequest["input"]>,
    as: as.startsWith("person:") ? as.slice("person:".length) : null,
    ...(as === "token" && { token: token.trim() }),
    ...(id.trim() !== "" && { id: id.trim() }),
  };
}
