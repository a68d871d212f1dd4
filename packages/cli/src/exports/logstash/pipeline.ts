import { comments, madeBy, type ExportedFile } from "../file.ts";
import { logFields } from "../watched/log-fields.ts";

/** The Elastic Common Schema's names: https://www.elastic.co/docs/reference/ecs */
const names: Readonly<Record<string, string>> = {
  [logFields.message]: "message",
  [logFields.level]: "[log][level]",
  [logFields.service]: "[service][name]",
  [logFields.unit]: "[kerf][unit]",
  [logFields.member]: "[kerf][member]",
  [logFields.trace]: "[trace][id]",
  [logFields.span]: "[span][id]",
  [`[${logFields.error}][type]`]: "[error][type]",
  [`[${logFields.error}][message]`]: "[error][message]",
  [`[${logFields.error}][code]`]: "[error][code]",
  [`[${logFields.error}][stack]`]: "[error][stack_trace]",
};

/** Reads the lines that units write, and sends them to a data stream of Elasticsearch. Logstash 8 or later. */
export function logstashFiles(app: string): readonly ExportedFile[] {
  const renames = Object.entries(names).map(([from, to]) => `        "${from}" => "${to}"\n`);
  const text = `${comments(
    madeBy("logstash", app),
    "",
    `KERF_LOGS is the files that units write to, such as /var/log/${app}/*.log. ELASTICSEARCH_URL, _USER and _PASSWORD are`,
    "of the environment or of Logstash's keystore. For Loki, take the output of the plugin logstash-output-loki.",
  )}input {
  file {
    path => "\${KERF_LOGS}"
    start_position => "beginning"
  }
}

filter {
  # What is no line of the log, such as the last words of Node, stays as it is.
  json {
    source => "message"
    skip_on_invalid_json => true
  }
  if [${logFields.time}] {
    date {
      match => ["${logFields.time}", "ISO8601"]
      remove_field => ["${logFields.time}"]
    }
    mutate {
      rename => {
${renames.join("")}      }
    }
  }
  mutate {
    remove_field => ["[event][original]"]
    add_field => { "[service][namespace]" => "${app}" }
  }
}

output {
  elasticsearch {
    hosts => ["\${ELASTICSEARCH_URL}"]
    user => "\${ELASTICSEARCH_USER}"
    password => "\${ELASTICSEARCH_PASSWORD}"
    data_stream => true
    data_stream_type => "logs"
    data_stream_dataset => "${app.replaceAll("-", "_")}"
    data_stream_namespace => "default"
  }
}
`;
  return [{ name: "logstash.conf", text }];
}
