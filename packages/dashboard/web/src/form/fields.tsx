import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { BooleanInput, ChoiceInput, JsonInput, NumberInput, TextInput } from "./inputs.tsx";
import { initialOf, initialOfCase } from "./initial.ts";
import { Labelled, Wrong } from "./labelled.tsx";
import type { Field, Shape, ShapeOf } from "./shape.ts";
import { at, joined, type Violation } from "./violations.ts";

export interface EditorProps<S extends Shape = Shape> {
  readonly shape: S;
  readonly value: unknown;
  /** Where it stands: `lines.0`. */
  readonly path: string;
  readonly label: string;
  readonly violations: readonly Violation[];
  readonly onChange: (value: unknown) => void;
}

/** Fields for a value of any shape. */
export function Editor(props: EditorProps): ComponentChildren {
  const { shape } = props;
  switch (shape.kind) {
    case "object":
      return <ObjectFields {...props} shape={shape} />;
    case "list":
      return <ListFields {...props} shape={shape} />;
    case "map":
      return <MapFields {...props} shape={shape} />;
    case "cases":
      return <CaseFields {...props} shape={shape} />;
    case "nullable":
      return <NullableField {...props} shape={shape} />;
    default:
      return <Leaf {...props} />;
  }
}

const isLeaf = ({ kind }: Shape): boolean => !["object", "list", "map", "cases", "nullable"].includes(kind);
type Fields = { readonly [name: string]: unknown };

function Leaf({ shape, value, path, label, violations, onChange }: EditorProps) {
  const about = useId();
  const wrong = at(violations, path);
  const shared = { label, value, wrong: wrong.length > 0, about, onChange };
  return (
    <>
      {shape.kind === "text" && <TextInput {...shared} long={shape.long} secret={shape.sensitive === true} />}
      {shape.kind === "number" && <NumberInput {...shared} />}
      {shape.kind === "boolean" && <BooleanInput {...shared} />}
      {shape.kind === "choice" && <ChoiceInput {...shared} values={shape.values} />}
      {shape.kind === "json" && <JsonInput {...shared} />}
      <Wrong id={about} messages={wrong} />
    </>
  );
}

function ObjectFields({ shape, value, path, violations, onChange }: EditorProps<ShapeOf<"object">>) {
  const now = value as Fields;
  const [added, setAdded] = useState<string | null>(null);
  const set = (name: string, next: unknown) =>
    // In the order of the schema, wherever a field was added.
    onChange(Object.fromEntries(shape.fields.flatMap((field) => entryOf(field, { ...now, [name]: next }))));
  const absent = shape.fields.filter(({ name }) => now[name] === undefined);
  return (
    <>
      <Wrong messages={path === "" ? [] : at(violations, path)} />
      {shape.fields
        .filter(({ name }) => now[name] !== undefined)
        .map(({ name, shape: field, required, about }) => (
          <Labelled
            key={name}
            name={name}
            hint={field.hint}
            about={about}
            leaf={isLeaf(field)}
            isNew={name === added}
            remove={required ? undefined : () => set(name, undefined)}
          >
            <Editor
              shape={field}
              value={now[name]}
              path={joined(path, name)}
              label={name}
              violations={violations}
              onChange={(next) => set(name, next)}
            />
          </Labelled>
        ))}
      {absent.length > 0 && (
        <div class="form-add">
          {absent.map(({ name, shape: field, required, about }) => (
            <button
              key={name}
              type="button"
              class="button"
              title={[about, field.hint].filter((text) => text !== "").join("; ")}
              onClick={() => {
                setAdded(name);
                set(name, initialOf(field));
              }}
            >
              + {name}
              {!required && <span class="faint">optional</span>}
            </button>
          ))}
          {absent.flatMap(({ name }) =>
            at(violations, joined(path, name)).map((message) => (
              <Wrong key={name} messages={[`${name} ${message}`]} />
            )),
          )}
        </div>
      )}
      {shape.fields.length === 0 && <p class="soft">It takes nothing.</p>}
    </>
  );
}

function entryOf({ name }: Field, fields: Fields): [string, unknown][] {
  return fields[name] === undefined ? [] : [[name, fields[name]]];
}

function ListFields({ shape, value, path, label, violations, onChange }: EditorProps<ShapeOf<"list">>) {
  const items = value as readonly unknown[];
  const [added, setAdded] = useState<number | null>(null);
  return (
    <>
      <Wrong messages={at(violations, path)} />
      {items.map((item, index) => (
        <Labelled
          key={index}
          name={`${label} ${index + 1}`}
          hint={isLeaf(shape.item) ? shape.item.hint : ""}
          about=""
          leaf={isLeaf(shape.item)}
          isNew={index === added}
          remove={() => onChange(items.toSpliced(index, 1))}
        >
          <Editor
            shape={shape.item}
            value={item}
            path={joined(path, index)}
            label={`${label} ${index + 1}`}
            violations={violations}
            onChange={(next) => onChange(items.with(index, next))}
          />
        </Labelled>
      ))}
      <div class="form-add">
        <button
          type="button"
          class="button"
          disabled={items.length >= shape.most}
          onClick={() => {
            setAdded(items.length);
            onChange([...items, initialOf(shape.item)]);
          }}
        >
          + one of {label}
        </button>
      </div>
    </>
  );
}

function MapFields({ shape, value, path, label, violations, onChange }: EditorProps<ShapeOf<"map">>) {
  const now = value as Fields;
  const entries = Object.entries(now);
  const rename = (from: string, to: string) => {
    // Two of one name cannot be: the later would replace the other.
    if (to === from || to in now) return;
    onChange(Object.fromEntries(entries.map(([name, one]) => [name === from ? to : name, one])));
  };
  return (
    <>
      <Wrong messages={at(violations, path)} />
      {entries.map(([name, one], index) => (
        <Labelled
          key={index}
          name={`${label} ${index + 1}`}
          hint={shape.value.hint}
          about=""
          leaf={false}
          remove={() => onChange(Object.fromEntries(entries.toSpliced(index, 1)))}
        >
          <TextInput
            label={`Key of ${label} ${index + 1}`}
            value={name}
            wrong={false}
            about=""
            long={false}
            onChange={(to) => rename(name, to as string)}
          />
          <Editor
            shape={shape.value}
            value={one}
            path={joined(path, name)}
            label={`Value of ${label} ${index + 1}`}
            violations={violations}
            onChange={(next) => onChange({ ...now, [name]: next })}
          />
        </Labelled>
      ))}
      <div class="form-add">
        <button
          type="button"
          class="button"
          onClick={() => onChange({ ...now, [freeKey(now)]: initialOf(shape.value) })}
        >
          + one of {label}
        </button>
      </div>
    </>
  );
}

function freeKey(taken: Fields): string {
  for (let number = 1; ; number++) if (!(`key${number}` in taken)) return `key${number}`;
}

function CaseFields({ shape, value, path, label, violations, onChange }: EditorProps<ShapeOf<"cases">>) {
  const { [shape.tag]: tag, ...rest } = value as Fields;
  const chosen = shape.cases.find((one) => one.value === tag);
  const choose = (next: unknown) => {
    const other = shape.cases.find((one) => one.value === next);
    if (other) onChange(initialOfCase(shape.tag, other));
  };
  return (
    <>
      <Labelled name={shape.tag} hint="one of" about="" leaf remove={undefined}>
        <ChoiceInput
          label={`${label}: ${shape.tag}`}
          value={tag}
          values={shape.cases.map((one) => one.value)}
          wrong={false}
          about=""
          onChange={choose}
        />
      </Labelled>
      <Wrong messages={at(violations, joined(path, shape.tag))} />
      {chosen && chosen.shape.fields.length > 0 && (
        <ObjectFields
          shape={chosen.shape}
          value={rest}
          path={path}
          label={label}
          violations={violations}
          onChange={(next) => onChange({ [shape.tag]: tag, ...(next as object) })}
        />
      )}
    </>
  );
}

function NullableField({ shape, value, onChange, ...rest }: EditorProps<ShapeOf<"nullable">>) {
  const isNull = value === null;
  return (
    <>
      <button
        type="button"
        class="button"
        aria-pressed={isNull}
        aria-label={`${rest.label} is null`}
        onClick={() => onChange(isNull ? initialOf(shape.inner) : null)}
      >
        {isNull ? "null" : "Make it null"}
      </button>
      {isNull ? (
        <Wrong messages={at(rest.violations, rest.path)} />
      ) : (
        <Editor {...rest} shape={shape.inner} value={value} onChange={onChange} />
      )}
    </>
  );
}
