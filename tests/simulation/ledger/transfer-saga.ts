import { saga } from "kerf";
import { clearing, Transfer, transfers, vault, wallets } from "./contracts.ts";

/** Money from a wallet to the vault, cleared by the bank: in four shapes, so that every kind of step comes up. */
export const transferSaga = saga("transfer", {
  version: 1,
  input: Transfer,
  uses: [wallets, vault, clearing, transfers],
  waits: [{ event: clearing.cleared, correlate: "transfer" }],
  async run({ transfer, from, to, pence, shape }, { step, waitFor, sleep, all, uuid }) {
    const hold = () =>
      step(
        "hold",
        wallets.hold,
        { transfer, account: from, pence },
        { undo: [wallets.release, { transfer }] },
      );
    const clear = () =>
      step("clear", clearing.clear, { transfer, pence }, { undo: [clearing.void, { transfer }] });
    if (shape === "branches") await all([hold, clear]);
    else {
      await hold();
      await uuid();
      await clear();
    }
    if (shape === "waits" && !(await waitFor("clearing", clearing.cleared, { within: "20m" })))
      throw new Error("the clearing was never heard of");
    if (shape === "sleeps") await sleep("a while", "3s");
    await step(
      "credit",
      vault.credit,
      { transfer, account: to, pence },
      { undo: [vault.debit, { transfer }] },
    );
    if (shape === "sleeps") await sleep("a moment", "100ms");
    await step("finish", transfers.finish, { transfer }, { final: true });
  },
  async refused({ input, error }, { step }) {
    await step("refuse", transfers.refuse, { transfer: input.transfer, reason: error.code });
  },
});
