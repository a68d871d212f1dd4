import { useEffect, useState } from "preact/hooks";
import { setQuery } from "../route.ts";

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly now: string;
  readonly kind?: "wide" | "short";
  readonly suggestions?: readonly string[];
  /** It is what `/` goes to. */
  readonly search?: boolean;
}

const TYPING_MS = 250;

/** A text of the query. It takes effect when typing pauses. */
export function TextField({ name, label, now, kind, suggestions, search }: FieldProps) {
  const [text, setText] = useState(now);
  useEffect(() => setText(now), [now]);
  useEffect(() => {
    if (text === now) return;
    const timer = setTimeout(() => setQuery({ [name]: text.trim(), before: null }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, now, name]);
  const list = suggestions && `suggestions-${name}`;
  return (
    <>
      <input
        class={`field ${kind ?? ""}`}
        type={search ? "search" : "text"}
        name={name}
        aria-label={label}
        placeholder={label}
        value={text}
        list={list}
        autocomplete="off"
        spellcheck={false}
        data-search={search ? "" : undefined}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {suggestions && (
        <datalist id={list!}>
          {suggestions.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
    </>
  );
}

interface SelectProps {
  readonly name: string;
  readonly label: string;
  readonly now: string;
  /** What stands for no choice. */
  readonly all: string;
  readonly options: readonly string[];
}

export function SelectField({ name, label, now, all, options }: SelectProps) {
  return (
    <select
      class="field"
      name={name}
      aria-label={label}
      value={now}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value, before: null })}
    >
      <option value="">{all}</option>
      {(now !== "" && !options.includes(now) ? [now, ...options] : options).map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </select>
  );
}
