import { withQuery } from "../route.ts";

interface Props {
  /** Of the query. */
  readonly name: string;
  readonly label: string;
  readonly now: string;
  /** The first is what the view shows without a query. */
  readonly options: readonly (readonly [value: string, text: string])[];
}

/** One of a few, as links: each can be opened, sent and gone back from. */
export function Choices({ name, label, now, options }: Props) {
  return (
    <nav class="choices" aria-label={label}>
      {options.map(([value, text], index) => (
        <a
          key={value}
          href={withQuery({ [name]: index === 0 ? null : value, before: null })}
          aria-current={value === now ? "true" : undefined}
        >
          {text}
        </a>
      ))}
    </nav>
  );
}

const WINDOWS = [
  ["300000", "5 min"],
  ["900000", "15 min"],
  ["3600000", "1 h"],
  ["21600000", "6 h"],
] as const;

/** How far back a view of live numbers looks. */
export function windowOf(search: URLSearchParams): string {
  const wanted = search.get("window");
  return WINDOWS.find(([ms]) => ms === wanted)?.[0] ?? WINDOWS[0][0];
}

export function WindowChoice({ now }: { now: string }) {
  return <Choices name="window" label="Time" now={now} options={WINDOWS} />;
}
