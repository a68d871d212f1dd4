export { ByteWriter, digitOf } from "./byte-writer.ts";
export { codec, type ContractCodec, type ErrorCodec, type MessageCodec, type MethodCodec } from "./codec.ts";
export type {
  ContractDescriptor,
  EventDescriptor,
  FieldDescriptor,
  MessageDescriptor,
  MethodDescriptor,
} from "./descriptor.ts";
export { MalformedMessage, MAX_MESSAGE_BYTES, MessageTooLarge } from "./limits.ts";
export { type ContractLock, emptyLock, protoOf } from "./lock.ts";
export type { IncompatibleChange } from "./lock-compare.ts";
export { ContractLockError, lockContracts, readLock, writeLock } from "./lock-file.ts";
export { checkLock, type LockUpdate, updateLock } from "./lock-update.ts";
export { protoText } from "./proto-text.ts";
