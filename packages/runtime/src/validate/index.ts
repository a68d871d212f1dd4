export type { Bounds } from "./bounded.ts";
export { checkContract, checkSchema } from "./contract.ts";
export { compileValidator, type Validation, type Validator } from "./compile.ts";
export { checkExamples } from "./examples.ts";
export { jsonSchema } from "./json-schema.ts";
export type { ValidatorOptions } from "./options.ts";
export { readShape } from "./read.ts";
export type { Field, Literal, ObjectShape, Presence, Shape, UnionShape } from "./shape.ts";
