import type { FieldForm } from "./fields.ts";

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Turns text of a path or query into the JSON value that its field asks for. Text that stands for no such value stays
 * text, so that the validator says what is wrong with it.
 */
export function valueOfText(text: string, form: FieldForm): string | number | boolean {
  if (form.number && numberPattern.test(text)) return Number(text);
  if (form.boolean && (text === "true" || text === "false")) return text === "true";
  return text;
}
