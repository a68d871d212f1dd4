import { comments, madeBy, yamlText, type ExportedFile } from "../file.ts";

/** Who is told of alerts: routes by severity, for receivers that whoever runs the application fills in. */
export function alertmanagerFiles(app: string): readonly ExportedFile[] {
  const receivers = { page: `${app}-page`, ticket: `${app}-ticket`, none: "nobody" };
  const ours = `job="${app}"`;
  const burn = 'alertname="KerfErrorBudgetBurn"';
  const configuration = {
    route: {
      receiver: receivers.none,
      routes: [
        {
          matchers: [ours],
          receiver: receivers.ticket,
          // One message for each thing that is wrong with a service, and not one for each of its members.
          group_by: ["job", "alertname", "severity", "service"],
          group_wait: "30s",
          group_interval: "5m",
          repeat_interval: "1d",
          routes: [{ matchers: ['severity="page"'], receiver: receivers.page, repeat_interval: "1h" }],
        },
      ],
    },
    inhibit_rules: [
      // Who was woken need not be written to as well.
      {
        source_matchers: [ours, burn, 'severity="page"'],
        target_matchers: [ours, burn, 'severity="ticket"'],
        equal: ["job", "kerf_member", "objective"],
      },
      {
        source_matchers: [ours, 'alertname="KerfEventsNearLoss"'],
        target_matchers: [ours, 'alertname="KerfEventLag"'],
        equal: ["job", "consumer", "channel"],
      },
      // What is down need not be told of again as what restarts.
      {
        source_matchers: [ours, 'alertname="KerfTargetDown"'],
        target_matchers: [ours, 'alertname="KerfRestarts"'],
        equal: ["job", "instance"],
      },
    ],
    receivers: [{ name: receivers.none }, { name: receivers.page }, { name: receivers.ticket }],
  };
  const head = comments(
    madeBy("alertmanager", app),
    "",
    "Fill in the receivers, such as:",
    `  - name: ${receivers.page}`,
    "    webhook_configs: [{ url: https://… }]",
    `A service with people of its own gets a route: { matchers: ['service="orders"'], receiver: … }.`,
  );
  return [{ name: "alertmanager.yml", text: head + yamlText(configuration) }];
}
