/** What every message is, as it is on the wire. The names are those of CloudEvents 1.0 where it has them. */
export const envelopeSchema = {
  type: "object",
  description: "A message as it travels. Fields that are not listed here may be added.",
  properties: {
    id: { type: "string", description: "Names the message: one that comes again has the same." },
    type: { type: "string", description: "The member of the contract, as `contract@version.member`." },
    version: { type: "integer", minimum: 1, description: "Of the data. 1 where absent." },
    source: { type: "string", description: "The service that states or orders it." },
    time: { type: "string", format: "date-time" },
    key: { type: "string", description: "Messages of one key on one channel come in order." },
    sequence: { type: "integer", minimum: 1, description: "Grows with each message of its key." },
    traceparent: { type: "string", pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" },
    actor: {
      type: "object",
      description: "On whose behalf. It is data and gives no authority.",
      properties: { id: { type: "string" }, roles: { type: "array", items: { type: "string" } } },
      required: ["id", "roles"],
    },
    onRefused: {
      type: "object",
      description: "Of an order: the command of its sender that is told where it is refused.",
      properties: { type: { type: "string" }, version: { type: "integer", minimum: 1 } },
      required: ["type", "version"],
    },
    data: {},
  },
  required: ["id", "type", "source", "time", "key", "traceparent", "data"],
} as const;

/** The envelope of the messages of one member. */
export function payloadOf(type: string, version: number, data: object): object {
  return {
    allOf: [
      { $ref: "#/components/schemas/Envelope" },
      {
        type: "object",
        // Version 1 need not be said.
        properties: { type: { const: type }, version: { const: version }, data },
        ...(version > 1 ? { required: ["version"] } : {}),
      },
    ],
  };
}
