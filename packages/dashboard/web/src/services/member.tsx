import type { JsonSchema, MemberView } from "../../../src/api/index.ts";
import { count, duration } from "../format.ts";
import { Badge, Json, ServiceName } from "../parts/text.tsx";
import { setQuery } from "../route.ts";

/** The contract of one member, and who uses it. */
export function MemberDetail({ member }: { member: MemberView }) {
  return (
    <aside class="aside" aria-label={member.id}>
      <div class="aside-head">
        <div>
          <h2>{member.id}</h2>
          {member.docs && <p class="soft">{member.docs}</p>}
        </div>
        <button type="button" class="button quiet" onClick={() => setQuery({ member: null })}>
          Close
        </button>
      </div>
      <p class="marks">
        <Badge>{member.kind}</Badge>
        {member.http && <Badge mood="busy">{member.http}</Badge>}
        {member.access && <Badge>access: {member.access}</Badge>}
        {member.deprecated && <Badge mood="warn">deprecated</Badge>}
      </p>
      <p class="marks">
        <a class="button" href={`/traces?member=${encodeURIComponent(member.id)}`}>
          Traces
        </a>
      </p>
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
    </aside>
  );
}

function Shape({ title, schema }: { title: string; schema: JsonSchema | null }) {
  return (
    <section class="section">
      <h3>{title}</h3>
      <Json value={schema} />
    </section>
  );
}
