import type { Codec } from "../codec/codec.ts";

export type Kind = "unary" | "serverStream" | "clientStream" | "bidi";

/** A method as `unary` and the like describe it, before a service gives it its path. */
export interface MethodShape<I, O, K extends Kind> {
  readonly kind: K;
  readonly input: Codec<I>;
  readonly output: Codec<O>;
}

/** A method that can be called and served. */
export interface Method<I, O, K extends Kind = Kind> extends MethodShape<I, O, K> {
  /** `/package.Service/Method`. */
  readonly path: string;
}

export type AnyMethod = Method<any, any>;

/** One message each way. */
export function unary<I, O>(input: Codec<I>, output: Codec<O>): MethodShape<I, O, "unary"> {
  return { kind: "unary", input, output };
}

/** One message in, any number out. */
export function serverStream<I, O>(input: Codec<I>, output: Codec<O>): MethodShape<I, O, "serverStream"> {
  return { kind: "serverStream", input, output };
}

/** Any number of messages in, one out. */
export function clientStream<I, O>(input: Codec<I>, output: Codec<O>): MethodShape<I, O, "clientStream"> {
  return { kind: "clientStream", input, output };
}

/** Any number of messages both ways. */
export function bidi<I, O>(input: Codec<I>, output: Codec<O>): MethodShape<I, O, "bidi"> {
  return { kind: "bidi", input, output };
}

type Shapes = Readonly<Record<string, MethodShape<any, any, Kind>>>;

export type MethodOf<S> = S extends MethodShape<infer I, infer O, infer K> ? Method<I, O, K> : never;

/** A service: its full name and its methods under the names that are in their paths. */
export interface Service<S extends Shapes = Shapes> {
  readonly name: string;
  readonly methods: { readonly [M in keyof S]: MethodOf<S[M]> };
}

const SERVICE_NAME = /^[A-Za-z_][\w.]*$/;
const METHOD_NAME = /^[A-Za-z_]\w*$/;

/** Describes a service; `name` with its package, as in `helloworld.Greeter`. Throws TypeError for a name that cannot be a path. */
export function service<S extends Shapes>(name: string, shapes: S): Service<S> {
  if (!SERVICE_NAME.test(name))
    throw new TypeError(`${JSON.stringify(name)} is no service name; write it as in "helloworld.Greeter"`);
  const methods: Record<string, AnyMethod> = {};
  for (const [method, shape] of Object.entries(shapes)) {
    if (!METHOD_NAME.test(method))
      throw new TypeError(`${JSON.stringify(method)} is no method name; write it as in "SayHello"`);
    methods[method] = { ...shape, path: `/${name}/${method}` };
  }
  return { name, methods: methods as Service<S>["methods"] };
}

/** The iterables that a stream of messages may be given as. */
export type Messages<T> = AsyncIterable<T> | Iterable<T>;
