import type { Shape } from "./shape.ts";

/** What a schema says, for reading: names, what they take, and which may be left out. */
export function ShapeView({ shape }: { shape: Shape }) {
  switch (shape.kind) {
    case "object":
      if (shape.fields.length === 0) return <p class="soft">nothing</p>;
      return (
        <ul class="shape">
          {shape.fields.map(({ name, shape: field, required, about }) => (
            <li key={name}>
              <span class="form-name">{name}</span> <span class="soft">{hintOf(field)}</span>
              {!required && <span class="faint"> optional</span>}
              {about !== "" && <p class="soft">{about}</p>}
              <Inside of={field} />
            </li>
          ))}
        </ul>
      );
    case "cases":
      return (
        <ul class="shape">
          {shape.cases.map(({ value, shape: one }) => (
            <li key={String(value)}>
              <span class="form-name">{shape.tag}</span> <span class="mono">{JSON.stringify(value)}</span>
              <ShapeView shape={one} />
            </li>
          ))}
        </ul>
      );
    default:
      return <p class="soft">{hintOf(shape)}</p>;
  }
}

/** What is below, where a line does not say it all. */
function Inside({ of }: { of: Shape }) {
  const inner = innermost(of);
  return inner.kind === "object" || inner.kind === "cases" ? <ShapeView shape={inner} /> : null;
}

function innermost(shape: Shape): Shape {
  if (shape.kind === "list") return innermost(shape.item);
  if (shape.kind === "map") return innermost(shape.value);
  return shape.kind === "nullable" ? innermost(shape.inner) : shape;
}

function hintOf(shape: Shape): string {
  switch (shape.kind) {
    case "boolean":
      return "true or false";
    case "choice":
      return shape.values.map((value) => JSON.stringify(value)).join(" or ");
    case "nullable":
      return [hintOf(shape.inner), "or null"].join(" ");
    case "list":
      return [shape.hint, innerHint(shape.item)].join("");
    case "map":
      return ["by key", innerHint(shape.value)].join("");
    default:
      return shape.hint;
  }
}

function innerHint(shape: Shape): string {
  const hint = hintOf(shape);
  return hint === "" ? "" : ` of ${hint}`;
}
