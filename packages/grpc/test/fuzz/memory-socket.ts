import { Duplex } from "node:stream";

/** The socket of a connection without a network: what is written is kept, what `feed` is given has arrived. */
export class MemorySocket extends Duplex {
  readonly written: Buffer[] = [];
  readonly keep: boolean;

  constructor(keep = false) {
    super({ allowHalfOpen: false });
    this.keep = keep;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.keep) this.written.push(Buffer.from(chunk));
    done();
  }

  feed(bytes: Buffer): void {
    if (!this.destroyed) this.emit("data", bytes);
  }
}
