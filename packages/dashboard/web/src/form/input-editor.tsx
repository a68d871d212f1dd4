import { useState } from "preact/hooks";
import { Editor } from "./fields.tsx";
import { fits } from "./initial.ts";
import { JsonInput } from "./inputs.tsx";
import type { Shape } from "./shape.ts";
import { homeless, type Violation } from "./violations.ts";

interface Props {
  readonly title: string;
  readonly shape: Shape;
  readonly value: unknown;
  readonly violations: readonly Violation[];
  readonly onChange: (value: unknown) => void;
}

/** A value as a form or as JSON: two sights of the same. What a form cannot show stays JSON. */
export function InputEditor({ title, shape, value, violations, onChange }: Props) {
  const [asJson, setAsJson] = useState(false);
  const fit = fits(shape, value);
  const isForm = fit && !asJson;
  const elsewhere = isForm ? homeless(violations, value) : violations;
  return (
    <div class="form">
      <div class="form-head">
        <h3>{title}</h3>
        <span class="choices push" role="group" aria-label="Edit as">
          <button
            type="button"
            aria-pressed={isForm}
            disabled={!fit}
            title={fit ? undefined : "A form cannot show what the JSON holds"}
            onClick={() => setAsJson(false)}
          >
            Form
          </button>
          <button type="button" aria-pressed={!isForm} onClick={() => setAsJson(true)}>
            JSON
          </button>
        </span>
      </div>
      {isForm ? (
        <Editor
          shape={shape}
          value={value}
          path=""
          label="input"
          violations={violations}
          onChange={onChange}
        />
      ) : (
        <JsonInput
          label={`${title} as JSON`}
          value={value}
          wrong={false}
          about=""
          rows={8}
          onChange={onChange}
        />
      )}
      {elsewhere.length > 0 && (
        <ul class="form-wrong" role="alert">
          {elsewhere.map(({ path, message }) => (
            <li key={path}>
              {path !== "" && <span class="mono">{path} </span>}
              {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
