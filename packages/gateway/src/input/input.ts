import type { ObjectShape } from "@kerf/runtime/validate";
import { DeclarationError, type Violation } from "kerf";
import type { Texts } from "../exchange.ts";
import type { AnyRoute } from "../routes.ts";
import { formsOf, type FieldForm } from "./fields.ts";
import { valueOfText } from "./text.ts";

/** What a request gives as input, and what is wrong with the way it gives it. */
export interface GivenInput {
  readonly input: unknown;
  readonly violations: readonly Violation[];
}

export type ReadInput = (parameters: Texts, query: Texts, body: unknown) => GivenInput;

/**
 * Makes the function that puts a request's input together: path, query and (where the method has one) the fields of the
 * JSON body. Text becomes what the field's schema asks for. It refuses what is given twice and what has no field; all
 * else is for the validator to say.
 * @throws DeclarationError for a field that the path or query cannot carry
 */
export function compileInput(route: AnyRoute, shape: ObjectShape): ReadInput {
  const fields = formsOf(shape);
  assertCarried(route, fields);
  const parameters = route.parameters.map((name) => fields.get(name)!);

  return (texts, query, body) => {
    const input = route.hasBody && body !== undefined ? body : {};
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      return { input, violations: [{ path: "", message: "must be a JSON object" }] };
    }
    const violations: Violation[] = [];
    addPath(input as Record<string, unknown>, parameters, texts, violations);
    addQuery(input as Record<string, unknown>, fields, query, route.parameters, violations);
    return { input, violations };
  };
}

function addPath(
  input: Record<string, unknown>,
  parameters: readonly FieldForm[],
  texts: Texts,
  violations: Violation[],
): void {
  for (const form of parameters) {
    if (Object.hasOwn(input, form.name)) {
      violations.push({ path: form.name, message: "is given twice: in the path and in the body" });
    } else input[form.name] = valueOfText(texts[form.name] as string, form);
  }
}

function addQuery(
  input: Record<string, unknown>,
  fields: ReadonlyMap<string, FieldForm>,
  query: Texts,
  inPath: readonly string[],
  violations: Violation[],
): void {
  for (const name in query) {
    const form = fields.get(name);
    if (form === undefined) violations.push({ path: name, message: "is not a field of the input" });
    else if (Object.hasOwn(input, name)) {
      const other = inPath.includes(name) ? "path" : "body";
      violations.push({ path: name, message: `is given twice: in the ${other} and in the query` });
    } else {
      const given = query[name]!;
      const texts = typeof given === "string" ? [given] : given;
      if (form.list) input[name] = texts.map((each) => valueOfText(each, form));
      else if (texts.length === 1) input[name] = valueOfText(texts[0]!, form);
      else violations.push({ path: name, message: "is given twice in the query" });
    }
  }
}

function assertCarried(route: AnyRoute, fields: ReadonlyMap<string, FieldForm>): void {
  const { id, http } = route.member;
  for (const name of route.parameters) {
    const form = fields.get(name)!;
    if (form.list || form.nested) {
      throw new DeclarationError(
        id,
        `the field "${name}" is a list or an object and cannot stand in the path of "${http}"`,
        "take it out of the path",
      );
    }
  }
  if (route.hasBody) return;
  for (const form of fields.values()) {
    if (form.nested) {
      throw new DeclarationError(
        id,
        `the field "${form.name}" is an object or a list of them and cannot stand in the query of "${http}"`,
        "use POST, PUT or PATCH, or flatten the field",
      );
    }
  }
}
