import type { ByteWriter } from "@kerf/runtime/proto";
import type { Attributes } from "@opentelemetry/api";

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto, as tags */
const KEY = 0x0a;
const VALUE = 0x12;
const STRING = 0x0a;
const BOOL = 0x10;
const INT = 0x18;
const DOUBLE = 0x21;
const ARRAY = 0x2a;
const KEY_VALUES = 0x32;
const BYTES = 0x3a;
const ELEMENT = 0x0a;

/** As `repeated KeyValue` of the field that `tag` begins. What is undefined or null is left out. */
export function writeAttributes(writer: ByteWriter, attributes: Attributes, tag: number): void {
  for (const key in attributes) {
    const value: unknown = attributes[key];
    if (value === undefined || value === null) continue;
    writer.uint32(tag);
    const pair = writer.open();
    writer.uint32(KEY);
    writer.string(key);
    writer.uint32(VALUE);
    writeValue(writer, value);
    writer.close(pair);
  }
}

/** As an `AnyValue`, with its length in front. */
function writeValue(writer: ByteWriter, value: unknown): void {
  const any = writer.open();
  switch (typeof value) {
    case "string":
      writer.uint32(STRING);
      writer.string(value);
      break;
    case "boolean":
      writer.uint32(BOOL);
      writer.bool(value);
      break;
    case "number":
      writeNumber(writer, value);
      break;
    case "object":
      if (value !== null) writeObject(writer, value);
      break;
  }
  writer.close(any);
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value)) {
    writer.uint32(INT);
    writer.int64(value);
  } else {
    writer.uint32(DOUBLE);
    writer.double(value);
  }
}

function writeObject(writer: ByteWriter, value: object): void {
  if (value instanceof Uint8Array) {
    writer.uint32(BYTES);
    return writer.bytes(value);
  }
  writer.uint32(Array.isArray(value) ? ARRAY : KEY_VALUES);
  const list = writer.open();
  if (Array.isArray(value)) {
    for (const element of value) {
      writer.uint32(ELEMENT);
      writeValue(writer, element);
    }
  } else writeAttributes(writer, value as Attributes, ELEMENT);
  writer.close(list);
}
