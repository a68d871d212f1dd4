/** What a schema of the allowed subset says, without Zod: the one thing that validators are made of. */
export type Shape =
  | StringShape
  | NumberShape
  | { readonly kind: "boolean" }
  | LiteralShape
  | EnumShape
  | { readonly kind: "nullable"; readonly inner: Shape }
  | ArrayShape
  | ObjectShape
  | RecordShape
  | UnionShape;

/** One demand on a value of the right type. `message` follows the field's name: "must be a whole number". */
export interface Rule<T> {
  readonly message: string;
  holds(value: T): boolean;
}

export type StringRule =
  | (Rule<string> & { readonly kind: "min" | "max"; readonly count: number })
  | (Rule<string> & { readonly kind: "pattern"; readonly pattern: RegExp })
  | (Rule<string> & { readonly kind: "other" })
  /** A URL loses the blanks around it, as the URL standard says; the only format that changes the value. */
  | (Rule<string> & { readonly kind: "url"; clean(value: string): string | undefined });

export interface StringShape {
  readonly kind: "string";
  /** In the order in which they apply. */
  readonly rules: readonly StringRule[];
}

export type NumberRule =
  | (Rule<number> & { readonly kind: "<" | "<=" | ">" | ">="; readonly bound: number })
  | (Rule<number> & { readonly kind: "other" });

export interface NumberShape {
  readonly kind: "number";
  /** Whole and exact: within ±(2^53 - 1). */
  readonly integer: boolean;
  readonly rules: readonly NumberRule[];
}

export type Literal = string | number | boolean | null;

export interface LiteralShape {
  readonly kind: "literal";
  readonly values: readonly Literal[];
}

export interface EnumShape {
  readonly kind: "enum";
  readonly values: readonly string[];
}

export interface ArrayShape {
  readonly kind: "array";
  readonly element: Shape;
  readonly min: Count | undefined;
  readonly max: Count | undefined;
}

export interface Count {
  readonly count: number;
  readonly message: string;
}

/** `default` makes a fresh copy at each call. */
export type Presence =
  | { readonly kind: "required" }
  | { readonly kind: "optional" }
  | { readonly kind: "default"; readonly value: unknown };

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly presence: Presence;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly fields: readonly Field[];
}

export interface RecordShape {
  readonly kind: "record";
  readonly key: StringShape;
  readonly value: Shape;
}

export interface UnionShape {
  readonly kind: "union";
  readonly discriminator: string;
  readonly options: readonly UnionOption[];
}

export interface UnionOption {
  readonly tags: readonly Literal[];
  readonly shape: ObjectShape;
}
