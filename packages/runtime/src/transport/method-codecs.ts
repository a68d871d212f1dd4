import { type AnyContract, contractIdOf, StatusError } from "kerf";
import { codec, type ContractCodec, type ContractLock, type MethodCodec, protoOf } from "../proto/index.ts";

/** The codecs of `contracts`, with the field numbers of the lock file. */
export function contractCodecs(contracts: readonly AnyContract[], lock?: ContractLock): ContractCodec[] {
  return contracts.map((contract) => codec(protoOf(contract, lock)));
}

/** Finds the codec of a query or command by its id. */
export type FindCodec = (member: string) => MethodCodec;

/** @throws StatusError UNIMPLEMENTED for a member that none of the contracts has */
export function findCodec(contracts: readonly AnyContract[], lock?: ContractLock): FindCodec {
  const methods = new Map(contractCodecs(contracts, lock).flatMap((one) => [...one.methods]));
  return (member) => {
    const found = methods.get(member);
    if (found) return found;
    throw new StatusError(
      "UNIMPLEMENTED",
      `${member} is no query or command of a contract that this unit knows: does ${contractIdOf(member)} stand in uses?`,
    );
  };
}
