import { useEffect, useState } from "preact/hooks";

export interface InputProps {
  readonly label: string;
  readonly value: unknown;
  readonly wrong: boolean;
  /** Id of what says what is wrong. */
  readonly about: string;
  readonly onChange: (value: unknown) => void;
}

interface TextProps {
  readonly long: boolean;
  /** It is not to be read over somebody's shoulder. */
  readonly secret?: boolean;
}

export function TextInput(props: InputProps & TextProps) {
  const { label, value, wrong, about, long, secret = false, onChange } = props;
  const shared = {
    class: "field form-input",
    "aria-label": label,
    "aria-invalid": wrong,
    "aria-describedby": wrong ? about : undefined,
    value: String(value),
    autocomplete: "off",
    spellcheck: false,
  } as const;
  const onInput = (event: { readonly currentTarget: { readonly value: string } }) =>
    onChange(event.currentTarget.value);
  if (secret) return <input type="password" {...shared} onInput={onInput} />;
  if (long) return <textarea {...shared} rows={3} onInput={onInput} />;
  return <input type="text" {...shared} onInput={onInput} />;
}

/** What is no number is kept as it was typed. */
export function NumberInput({ label, value, wrong, about, onChange }: InputProps) {
  // "1." and "1.0" are 1 too, and would lose what was typed.
  const [text, setText] = useState(String(value));
  useEffect(() => {
    if (numberOf(text) !== value) setText(String(value));
  }, [value]);
  return (
    <input
      type="text"
      inputMode="decimal"
      class="field form-input"
      aria-label={label}
      aria-invalid={wrong}
      aria-describedby={wrong ? about : undefined}
      autocomplete="off"
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        onChange(numberOf(event.currentTarget.value));
      }}
    />
  );
}

function numberOf(text: string): number | string {
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

export function BooleanInput({ label, value, wrong, onChange }: InputProps) {
  return (
    <span class="form-check">
      <input
        type="checkbox"
        aria-label={label}
        aria-invalid={wrong}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {value === true ? "true" : "false"}
    </span>
  );
}

export function ChoiceInput({ label, value, wrong, values, onChange }: InputProps & ChoiceProps) {
  if (values.length === 1) return <span class="mono">{textOf(values[0])}</span>;
  return (
    <select
      class="field form-input"
      aria-label={label}
      aria-invalid={wrong}
      value={String(values.indexOf(value))}
      onChange={(event) => onChange(values[Number(event.currentTarget.value)])}
    >
      {values.map((one, index) => (
        <option key={index} value={index}>
          {textOf(one)}
        </option>
      ))}
    </select>
  );
}

interface ChoiceProps {
  readonly values: readonly unknown[];
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** JSON as text. What is none yet stays in the field, and the value stays as it was. */
export function JsonInput({
  label,
  value,
  wrong,
  about,
  rows = 5,
  onChange,
}: InputProps & { rows?: number }) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const known = parsed(text);
    if ("value" in known && JSON.stringify(known.value) === JSON.stringify(value)) return;
    setText(JSON.stringify(value, null, 2));
    setError(null);
  }, [value]);
  const take = (typed: string) => {
    setText(typed);
    const result = parsed(typed);
    setError("error" in result ? result.error : null);
    if ("value" in result) onChange(result.value);
  };
  return (
    <>
      <textarea
        class="field form-input mono"
        aria-label={label}
        aria-invalid={wrong || error !== null}
        aria-describedby={wrong ? about : undefined}
        rows={Math.max(rows, Math.min(24, text.split("\n").length))}
        spellcheck={false}
        value={text}
        onInput={(event) => take(event.currentTarget.value)}
      />
      {error !== null && (
        <p class="form-wrong" role="alert">
          Not JSON yet: {error}
        </p>
      )}
    </>
  );
}

function parsed(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
