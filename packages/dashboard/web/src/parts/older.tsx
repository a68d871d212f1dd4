import { withQuery } from "../route.ts";

interface Props {
  /** What there is more of: `"traces"`. */
  readonly what: string;
  /** For `before`; null at the end. */
  readonly next: number | null;
}

/** The way to the page of a list that is older than this one. */
export function Older({ what, next }: Props) {
  if (next === null) return null;
  return (
    <p class="more">
      <a class="button" href={withQuery({ before: String(next) })}>
        Older {what}
      </a>
    </p>
  );
}
