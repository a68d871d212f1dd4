import type { MemberView, PeopleView, PersonView } from "../../../src/api/index.ts";

/** As whom a call is made; in the address as `stranger`, `token` or `person:alice`. */
export type Caller = "stranger" | "token" | `person:${string}`;

/** Of the address, or somebody who may. */
export function callerOf(search: URLSearchParams, member: MemberView, { people }: PeopleView): Caller {
  const asked = search.get("as");
  if (asked === "stranger" || asked?.startsWith("person:")) return asked as Caller;
  // Only the gateway reads one.
  if (asked === "token" && member.http !== null) return asked;
  const role = /^role:(.+)$/.exec(member.access ?? "")?.[1];
  const likely = people.find(({ roles }) => (role === undefined ? roles.length === 0 : roles.includes(role)));
  const person = likely ?? people[0];
  return person ? `person:${person.id}` : "stranger";
}

interface Props {
  readonly people: readonly PersonView[];
  readonly now: Caller;
  /** null where nobody reads one. */
  readonly token: string | null;
  readonly onChoose: (caller: Caller) => void;
  readonly onToken: (token: string) => void;
}

export function CallerChoice({ people, now, token, onChoose, onToken }: Props) {
  return (
    <div class="form-field">
      <label class="form-head">
        <span class="form-name">As</span>
        <select
          class="field push"
          name="as"
          aria-label="As"
          value={now}
          onChange={(event) => onChoose(event.currentTarget.value as Caller)}
        >
          {people.map(({ id, name, roles }) => (
            <option key={id} value={`person:${id}`}>
              {roles.length === 0 ? name : `${name} (${roles.join(", ")})`}
            </option>
          ))}
          <option value="stranger">A stranger</option>
          {token !== null && <option value="token">Who has this token…</option>}
        </select>
      </label>
      {now === "token" && token !== null && (
        <input
          class="field form-input"
          type="password"
          aria-label="Access token"
          placeholder="Access token; it is kept nowhere"
          autocomplete="off"
          value={token}
          onInput={(event) => onToken(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
