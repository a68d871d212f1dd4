const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/**
 * How long a receiver asks to wait, of the `google.rpc.Status` in `grpc-status-details-bin`; undefined where it does not say.
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */
export function retryDelayMs(status: Uint8Array): number | undefined {
  try {
    for (const detail of messages(status, 3)) {
      const [type] = messages(detail, 1);
      if (type === undefined || Buffer.from(type).toString() !== RETRY_INFO) continue;
      const [info = new Uint8Array()] = messages(detail, 2);
      const [delay = new Uint8Array()] = messages(info, 1);
      const [seconds = 0] = numbers(delay, 1);
      const [nanos = 0] = numbers(delay, 2);
      return Math.max(0, seconds * 1_000 + nanos / 1e6);
    }
  } catch {
    // What cannot be read says nothing.
  }
  return undefined;
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function messages(message: Uint8Array, wanted: number): Uint8Array[] {
  return fields(message).flatMap(({ number, value }) =>
    number === wanted && typeof value !== "number" ? [value] : [],
  );
}

function numbers(message: Uint8Array, wanted: number): number[] {
  return fields(message).flatMap(({ number, value }) =>
    number === wanted && typeof value === "number" ? [value] : [],
  );
}

/** @throws RangeError for what is no protobuf message */
function fields(message: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError("a number has no end");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag % 8;
    const number = (tag - kind) / 8;
    if (kind === 0) found.push({ number, value: varint() });
    else if (kind === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError("a field is longer than its message");
      found.push({ number, value: message.subarray(at, (at += length)) });
    } else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4;
    else throw new RangeError(`there is no wire type ${kind}`);
  }
  return found;
}
