import { statusNumbers } from "kerf";
import { compile } from "../proto/codec.ts";
import { fileDescriptor, type PlainFile, symbolsOf } from "../proto/file-descriptor.ts";
import { group, wireMessage } from "../proto/wire-message.ts";
import { type StreamMethod, WireFailure } from "./wire.ts";

// https://github.com/grpc/grpc/blob/master/doc/server-reflection.md. What a oneof holds there is optional here: the
// bytes are the same.
const extensionType = wireMessage("ExtensionRequest", {
  containing_type: [1, "string"],
  extension_number: [2, "int64"],
});
const requestType = wireMessage("ServerReflectionRequest", {
  host: [1, "string"],
  file_by_filename: [3, "optional string"],
  file_containing_symbol: [4, "optional string"],
  file_containing_extension: [5, extensionType],
  all_extension_numbers_of_type: [6, "optional string"],
  list_services: [7, "optional string"],
});
const filesType = wireMessage("FileDescriptorResponse", { file_descriptor_proto: [1, ["bytes"]] });
const serviceType = wireMessage("ServiceResponse", { name: [1, "string"] });
const servicesType = wireMessage("ListServiceResponse", { service: [1, [serviceType]] });
const errorType = wireMessage("ErrorResponse", { error_code: [1, "int64"], error_message: [2, "string"] });
const responseType = wireMessage("ServerReflectionResponse", {
  valid_host: [1, "string"],
  original_request: [2, requestType],
  file_descriptor_response: [4, filesType],
  list_services_response: [6, servicesType],
  error_response: [7, errorType],
});
const codecs = compile([group([requestType, responseType])]);

interface Request {
  readonly host: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly list_services?: string;
}

/** The versions of the protocol; they differ in name only. */
export const reflectionFiles: readonly PlainFile[] = ["v1", "v1alpha"].map((version) => ({
  file: `grpc/reflection/${version}/reflection.proto`,
  package: `grpc.reflection.${version}`,
  service: "ServerReflection",
  methods: [
    {
      name: "ServerReflectionInfo",
      request: requestType,
      response: responseType,
      requestStream: true,
      responseStream: true,
    },
  ],
  messages: [requestType, extensionType, responseType, filesType, servicesType, serviceType, errorType],
}));

/** Tells clients such as grpcurl what this server offers: the services, and the files that describe them. */
export function reflection(files: readonly PlainFile[]): StreamMethod {
  const byName = new Map(files.map((file) => [file.file, fileDescriptor(file)]));
  const bySymbol = new Map(
    files.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, byName.get(file.file)] as const)),
  );
  const services = files.map((file) => ({ name: `${file.package}.${file.service}` }));

  const answer = (request: Request): object => {
    if (request.list_services !== undefined) return { list_services_response: { service: services } };
    const { file_by_filename: name, file_containing_symbol: symbol } = request;
    if (name !== undefined) return found(byName.get(name), `the file ${name}`);
    if (symbol !== undefined) return found(bySymbol.get(symbol), `the symbol ${symbol}`);
    return refused(statusNumbers.UNIMPLEMENTED, "proto3 has no extensions");
  };

  return async function* (messages) {
    for await (const message of messages) {
      const request = decode(message);
      yield codecs(responseType).encode({
        valid_host: request.host,
        original_request: request,
        ...answer(request),
      });
    }
  };
}

function found(file: Buffer | undefined, what: string): object {
  return file
    ? { file_descriptor_response: { file_descriptor_proto: [file] } }
    : refused(statusNumbers.NOT_FOUND, `${what} is not here`);
}

function refused(error_code: number, error_message: string): object {
  return { error_response: { error_code, error_message } };
}

function decode(message: Uint8Array): Request {
  try {
    return codecs(requestType).decode(message) as Request;
  } catch {
    throw new WireFailure(statusNumbers.INVALID_ARGUMENT, "the message is no ServerReflectionRequest");
  }
}
