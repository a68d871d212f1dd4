import { implement, type Implementation } from "../call/server.ts";
import { bidi, service, type Service } from "../call/service.ts";
import { Status } from "../call/status.ts";
import { message } from "../codec/descriptor.ts";
import { protobuf } from "../codec/protobuf.ts";
import { describe, type DescribedFile } from "./file-descriptors.ts";

interface ReflectionRequest {
  readonly host: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly file_containing_extension?: unknown;
  readonly all_extension_numbers_of_type?: string;
  readonly list_services?: string;
}

/** Both versions have the same messages, apart from the package in their names. */
function version(name: string) {
  const extension = message(`${name}.ExtensionRequest`, [
    { name: "containing_type", number: 1, type: "string" },
    { name: "extension_number", number: 2, type: "int32" },
  ]);
  const request = message(`${name}.ServerReflectionRequest`, [
    { name: "host", number: 1, type: "string" },
    { name: "file_by_filename", number: 3, type: "string", oneof: "message_request" },
    { name: "file_containing_symbol", number: 4, type: "string", oneof: "message_request" },
    { name: "file_containing_extension", number: 5, type: extension, oneof: "message_request" },
    { name: "all_extension_numbers_of_type", number: 6, type: "string", oneof: "message_request" },
    { name: "list_services", number: 7, type: "string", oneof: "message_request" },
  ]);
  const files = message(`${name}.FileDescriptorResponse`, [
    { name: "file_descriptor_proto", number: 1, type: "bytes", repeated: true },
  ]);
  const extensions = message(`${name}.ExtensionNumberResponse`, [
    { name: "base_type_name", number: 1, type: "string" },
    { name: "extension_number", number: 2, type: "int32", repeated: true },
  ]);
  const one = message(`${name}.ServiceResponse`, [{ name: "name", number: 1, type: "string" }]);
  const list = message(`${name}.ListServiceResponse`, [
    { name: "service", number: 1, type: one, repeated: true },
  ]);
  const failure = message(`${name}.ErrorResponse`, [
    { name: "error_code", number: 1, type: "int32" },
    { name: "error_message", number: 2, type: "string" },
  ]);
  const response = message(`${name}.ServerReflectionResponse`, [
    { name: "valid_host", number: 1, type: "string" },
    { name: "original_request", number: 2, type: request },
    { name: "file_descriptor_response", number: 4, type: files, oneof: "message_response" },
    { name: "all_extension_numbers_response", number: 5, type: extensions, oneof: "message_response" },
    { name: "list_services_response", number: 6, type: list, oneof: "message_response" },
    { name: "error_response", number: 7, type: failure, oneof: "message_response" },
  ]);
  return service(`${name}.ServerReflection`, {
    ServerReflectionInfo: bidi(
      protobuf<ReflectionRequest>(request),
      protobuf<Record<string, unknown>>(response),
    ),
  });
}

export const reflectionV1 = version("grpc.reflection.v1");
export const reflectionV1Alpha = version("grpc.reflection.v1alpha");

/**
 * Lets tools such as grpcurl ask what a server offers (grpc.reflection v1 and v1alpha). Pass what it returns to `serve`
 * with the implementations that it was given. Everyone who can call the server can then read its types.
 */
export function reflection(implementations: readonly Implementation[]): Implementation[] {
  const services = [
    ...implementations.map((one) => one.service as Service<any>),
    reflectionV1,
    reflectionV1Alpha,
  ];
  const files = describe(services);
  const byName = new Map(files.map((file) => [file.name, file]));
  const bySymbol = new Map(files.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const)));
  const list = {
    list_services_response: { service: services.map(({ name }) => ({ name })).toSorted(byServiceName) },
  };

  const answer = (asked: ReflectionRequest): Record<string, unknown> => {
    if (asked.list_services !== undefined) return list;
    if (asked.file_by_filename !== undefined)
      return found(byName.get(asked.file_by_filename), asked.file_by_filename, byName);
    if (asked.file_containing_symbol !== undefined) {
      return found(bySymbol.get(asked.file_containing_symbol), asked.file_containing_symbol, byName);
    }
    if (
      asked.all_extension_numbers_of_type !== undefined &&
      bySymbol.has(asked.all_extension_numbers_of_type)
    ) {
      return {
        all_extension_numbers_response: {
          base_type_name: asked.all_extension_numbers_of_type,
          extension_number: [],
        },
      };
    }
    if (asked.file_containing_extension !== undefined || asked.all_extension_numbers_of_type !== undefined) {
      return refusal(Status.NOT_FOUND, "proto3 has no extensions");
    }
    return refusal(Status.INVALID_ARGUMENT, "the request asks for nothing");
  };
  const info = async function* (
    requests: AsyncIterable<ReflectionRequest>,
  ): AsyncGenerator<Record<string, unknown>> {
    for await (const asked of requests)
      yield { valid_host: asked.host, original_request: asked, ...answer(asked) };
  };
  return [
    implement(reflectionV1, { ServerReflectionInfo: info }),
    implement(reflectionV1Alpha, { ServerReflectionInfo: info }),
  ];
}

/** A file with everything that it imports, so that one answer is enough. */
function found(
  file: DescribedFile | undefined,
  asked: string,
  byName: ReadonlyMap<string, DescribedFile>,
): Record<string, unknown> {
  if (file === undefined) return refusal(Status.NOT_FOUND, `there is no ${asked}`);
  const needed = new Set([file]);
  for (const one of needed) for (const name of one.dependencies) needed.add(byName.get(name)!);
  return { file_descriptor_response: { file_descriptor_proto: [...needed].map(({ bytes }) => bytes) } };
}

function refusal(code: number, text: string): Record<string, unknown> {
  return { error_response: { error_code: code, error_message: text } };
}

function byServiceName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
