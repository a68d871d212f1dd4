import { withQuery } from "../route.ts";

interface Props {
  /** Of the query. */
  readonly name: string;
  readonly label: string;
  readonly now: string;
  /** What the view shows without a query; where absent, the first. */
  readonly standard?: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}

/** One of a few, as links: each can be opened, sent and gone back from. */
export function Choices({ name, label, now, options, standard = options[0]?.[0] }: Props) {
  return (
    <nav class="choices" aria-label={label}>
      {options.map(([value, text]) => (
        <a
          key={value}
          href={withQuery({ [name]: value === standard ? null : value, before: null })}
          aria-current={value === now ? "true" : undefined}
        >
          {text}
        </a>
      ))}
    </nav>
  );
}

const WINDOWS = [
  ["60000", "1 min"],
  ["300000", "5 min"],
  ["900000", "15 min"],
  ["3600000", "1 h"],
  ["21600000", "6 h"],
] as const;
const USUAL = "300000";

/** How far back a view of live numbers looks. */
export function windowOf(search: URLSearchParams): string {
  const wanted = search.get("window");
  return WINDOWS.find(([ms]) => ms === wanted)?.[0] ?? USUAL;
}

export function WindowChoice({ now }: { now: string }) {
  return <Choices name="window" label="Time" now={now} options={WINDOWS} standard={USUAL} />;
}
