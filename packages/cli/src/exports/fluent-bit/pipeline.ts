import { comments, madeBy, yamlText, type ExportedFile } from "../file.ts";
import { logFields } from "../watched/log-fields.ts";

/**
 * Reads the lines that units write, and sends them to Loki and to Elasticsearch. Fluent Bit 3.2 or later reads all of it
 * from YAML.
 * @see https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/yaml
 */
export function fluentBitFiles(app: string): readonly ExportedFile[] {
  const match = `${app}.*`;
  const configuration = {
    service: { flush: 1 },
    parsers: [
      {
        name: "kerf",
        format: "json",
        time_key: logFields.time,
        time_format: "%Y-%m-%dT%H:%M:%S.%LZ",
      },
    ],
    pipeline: {
      inputs: [
        {
          name: "tail",
          path: "${KERF_LOGS}",
          tag: match,
          read_from_head: true,
          db: "${FLUENT_BIT_DB}",
          skip_long_lines: true,
        },
      ],
      filters: [
        // What is no line of the log, such as the last words of Node, stays as it is.
        { name: "parser", match, key_name: "log", parser: "kerf", preserve_key: false, reserve_data: true },
        {
          name: "modify",
          match,
          add: [`app ${app}`],
          rename: [
            `${logFields.message} message`,
            "log message",
            `${logFields.trace} trace_id`,
            `${logFields.span} span_id`,
          ],
        },
      ],
      outputs: [
        {
          name: "loki",
          match,
          host: "${LOKI_HOST}",
          port: 3100,
          labels: `app=${app}`,
          // Few values each: everything else is in the line.
          label_keys: [logFields.level, logFields.unit, logFields.service].map((key) => `$${key}`).join(","),
          structured_metadata: `trace_id=$trace_id,span_id=$span_id,member=$${logFields.member}`,
          line_format: "json",
        },
        {
          name: "es",
          match,
          host: "${ELASTICSEARCH_HOST}",
          port: 9200,
          logstash_format: true,
          logstash_prefix: `${app}-logs`,
          suppress_type_name: true,
          replace_dots: true,
        },
      ],
    },
  };
  const head = comments(
    madeBy("fluent-bit", app),
    "",
    `KERF_LOGS is the files that units write to, such as /var/log/${app}/*.log; FLUENT_BIT_DB a file that remembers how far they are read;`,
    "LOKI_HOST and ELASTICSEARCH_HOST where it all goes: take the output away that you do not want.",
    "In Kubernetes add `multiline.parser: cri` to the input.",
  );
  return [{ name: "fluent-bit.yaml", text: head + yamlText(configuration) }];
}
