/** Who tells: one process of an application. */
export interface Identity {
  readonly app: string;
  readonly unit: string;
  readonly topology: string;
  /** Names the process among those of its unit. */
  readonly replica: string;
  /** `OTEL_SERVICE_NAME`: one name for all services of the process; theirs are then in `kerf.service`. */
  readonly serviceName: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES` */
  readonly attributes: Readonly<Record<string, string>>;
}
