const dayMs = 86_400_000;

/** How long what is over is remembered. The same in every unit of an application. */
export interface Retention {
  /**
   * Records of handled messages and commands, ended sagas, dropped dead letters, and the messages in the broker's log.
   * Within this time a repetition is known as one; a subscriber that is away for longer loses messages.
   */
  readonly handledMs: number;
  /** Records of commands that sagas gave, and of two-phase commands that were left between the phases. */
  readonly sagaCommandsMs: number;
  /** What people did to dead letters and sagas. */
  readonly actionsMs: number;
}

/** The two longer ones are never shorter than the first. */
export const retention: Retention = {
  handledMs: 7 * dayMs,
  sagaCommandsMs: 90 * dayMs,
  actionsMs: 90 * dayMs,
};
