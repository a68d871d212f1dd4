/** What of a document did not fit into a contract. */
export interface Remark {
  /** JSON pointer, such as `#/components/schemas/Book/properties/cover`. */
  readonly pointer: string;
  readonly text: string;
}

export class Report {
  readonly remarks: Remark[] = [];

  add(pointer: string, text: string): void {
    if (!this.remarks.some((known) => known.pointer === pointer && known.text === text))
      this.remarks.push({ pointer, text });
  }
}
