import type { JsonSchema, MemberView } from "../../../src/api/index.ts";
import { shapeOf } from "../form/shape.ts";
import { ShapeView } from "../form/shape-view.tsx";
import { count, duration } from "../format.ts";
import { useEscape } from "../keys.ts";
import { Aside } from "../parts/aside.tsx";
import { Choices } from "../parts/choices.tsx";
import { Badge, Json, Paragraphs, ServiceName } from "../parts/text.tsx";
import { setQuery } from "../route.ts";
import { Try } from "../try/try.tsx";

/** The contract of one member, and who uses it. */
export function MemberDetail({ member, search }: { member: MemberView; search: URLSearchParams }) {
  const routed = member.http !== null;
  // A stream that the gateway does not have is for services.
  const callable = member.kind !== "event" && (routed || member.kind !== "stream");
  const trying = search.get("show") === "try" && callable;
  const close = () => setQuery({ member: null, input: null });
  useEscape(close);
  return (
    <Aside label={member.id}>
      <div class="aside-head">
        <div>
          <h2>{member.id}</h2>
        </div>
        <button type="button" class="button quiet" onClick={close}>
          Close
        </button>
      </div>
      <p class="marks">
        <Badge>{member.kind}</Badge>
        {member.http && <Badge mood="busy">{member.http}</Badge>}
        {member.access && <Badge>access: {member.access}</Badge>}
        {!routed && member.kind !== "event" && <Badge>no route</Badge>}
        {member.deprecated && <Badge mood="warn">deprecated</Badge>}
      </p>
      {member.docs && <Paragraphs text={member.docs} />}
      <div class="marks aside-ways">
        {callable && (
          <Choices
            name="show"
            label="Show"
            now={trying ? "try" : ""}
            options={[
              ["", "Contract"],
              ["try", "Try it"],
            ]}
          />
        )}
        {member.kind === "event" && (
          <a class="button" href={`/events?publish=${encodeURIComponent(member.id)}`}>
            Publish…
          </a>
        )}
        <a class="button" href={`/traces?member=${encodeURIComponent(member.id)}`}>
          Traces
        </a>
      </div>
      {trying ? <Try member={member} search={search} /> : <Contract member={member} />}
    </Aside>
  );
}

function Contract({ member }: { member: MemberView }) {
  return (
    <>
      {member.callers.length > 0 && (
        <section class="section">
          <h3>{member.kind === "event" ? "Told to" : "Called by"}</h3>
          <ul class="lines">
            {member.callers.map(({ name, traffic }) => (
              <li key={name}>
                <ServiceName name={name} />
                <span class="push soft">
                  {count(traffic.count)} · p95 {duration(traffic.p95Ms)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {member.kind !== "event" && <Shape title="Input" schema={member.input} />}
      <Shape title={member.kind === "event" ? "Data" : "Output"} schema={member.output} />
      {Object.entries(member.errors).map(([code, schema]) => (
        <Shape key={code} title={`Error ${code}`} schema={schema} />
      ))}
    </>
  );
}

function Shape({ title, schema }: { title: string; schema: JsonSchema | null }) {
  return (
    <section class="section">
      <h3>{title}</h3>
      {schema === null ? <p class="soft">none</p> : <ShapeView shape={shapeOf(schema)} />}
      {schema !== null && (
        <details>
          <summary class="faint">JSON Schema</summary>
          <Json value={schema} />
        </details>
      )}
    </section>
  );
}
