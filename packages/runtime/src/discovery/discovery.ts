/** Knows where the units are. */
export interface Discovery {
  /** Calls `onChange` with the live addresses (`"host:port"`) of a unit, once it knows (with none where there are none) and whenever they change. Returns its disposer. */
  watch(unit: string, onChange: (addresses: readonly string[]) => void): () => void;
}
