/** A graph: its title, its unit as Grafana names it, and its queries with the name of each series. */
export interface Graph {
  readonly title: string;
  readonly unit: string;
  readonly queries: readonly (readonly [expr: string, legend: string])[];
}

/** A dashboard; the key is its file's name. */
export interface DashboardPlan {
  readonly title: string;
  /** The variables beside the data source: label → its query. */
  readonly variables: Readonly<Record<string, string>>;
  readonly graphs: readonly Graph[];
}

const chosen = '{namespace=~"$namespace",deployment=~"$deployment"}';
const inChosen = (more: string) => chosen.replace("}", `,${more}}`);
const DEPLOYMENT = "{{namespace}}/{{deployment}}";
const rate = (metric: string, by: string) => `sum by (${by}) (rate(${metric}[5m]))`;
const p99 = (metric: string, by = "") =>
  `histogram_quantile(0.99, sum by (le${by}) (rate(${metric}_bucket[5m])))`;

/** The dashboards of Serin. */
export const dashboards: Readonly<Record<string, DashboardPlan>> = {
  "serin-rollouts": {
    title: "Serin: rollouts",
    variables: {
      namespace: "label_values(serin_rollouts_started_total, namespace)",
      deployment: 'label_values(serin_rollouts_started_total{namespace=~"$namespace"}, deployment)',
    },
    graphs: [
      {
        title: "In flight, by phase",
        unit: "short",
        queries: [[`sum by (phase) (serin_rollout_phase${chosen})`, "{{phase}}"]],
      },
      {
        title: "The canary's share of the traffic",
        unit: "percentunit",
        queries: [[`serin_rollout_weight_ratio${chosen}`, DEPLOYMENT]],
      },
      {
        title: "Evidence of harm (rolls back at 1)",
        unit: "percentunit",
        queries: [
          [
            `serin_rollout_evidence_nats${inChosen('claim="harm"')} / serin_rollout_evidence_limit_nats${inChosen('claim="harm"')}`,
            DEPLOYMENT,
          ],
        ],
      },
      {
        title: "Evidence of safety (goes on at 1)",
        unit: "percentunit",
        queries: [
          [
            `serin_rollout_evidence_nats${inChosen('claim="safe"')} / serin_rollout_evidence_limit_nats${inChosen('claim="safe"')}`,
            DEPLOYMENT,
          ],
        ],
      },
      {
        title: "Requests that the judge has counted",
        unit: "reqps",
        queries: [
          [
            `sum by (namespace, deployment, version) (rate(serin_rollout_requests_total${chosen}[1m]))`,
            `${DEPLOYMENT} {{version}}`,
          ],
        ],
      },
      {
        title: "Failed requests of both versions",
        unit: "percentunit",
        queries: [
          [
            `sum by (namespace, deployment, version) (serin_rollout_failed_requests_total${chosen}) / sum by (namespace, deployment, version) (serin_rollout_requests_total${chosen})`,
            `${DEPLOYMENT} {{version}}`,
          ],
        ],
      },
      {
        title: "Step, of the plan's steps",
        unit: "short",
        queries: [
          [`serin_rollout_step${chosen}`, `${DEPLOYMENT} step`],
          [`serin_rollout_steps${chosen}`, `${DEPLOYMENT} steps`],
        ],
      },
      {
        title: "Age of the rollouts in flight",
        unit: "s",
        queries: [[`time() - serin_rollout_started_timestamp_seconds${chosen}`, DEPLOYMENT]],
      },
      {
        title: "Rollouts that ended, in a day",
        unit: "short",
        queries: [[`sum by (outcome) (increase(serin_rollouts_ended_total${chosen}[1d]))`, "{{outcome}}"]],
      },
      {
        title: "Duration of rollouts, 90th percentile",
        unit: "s",
        queries: [
          [
            "histogram_quantile(0.9, sum by (le, outcome) (rate(serin_rollout_duration_seconds_bucket[1d])))",
            "{{outcome}}",
          ],
        ],
      },
    ],
  },
  "serin-programs": {
    title: "Serin: the programs",
    variables: {},
    graphs: [
      { title: "Leaders (exactly one)", unit: "short", queries: [["sum(serin_leader)", "leaders"]] },
      { title: "Age of the oldest counts", unit: "s", queries: [["max(serin_tick_lag_seconds)", "lag"]] },
      {
        title: "Rollouts that wait for their turn",
        unit: "short",
        queries: [["sum(serin_queue_depth)", "waiting"]],
      },
      {
        title: "Wait and work on a rollout, 99th percentile",
        unit: "s",
        queries: [
          [p99("serin_queue_wait_seconds"), "wait"],
          [p99("serin_reconcile_duration_seconds"), "work"],
        ],
      },
      {
        title: "Calls to the API server",
        unit: "reqps",
        queries: [[rate("serin_kube_requests_total", "verb, code"), "{{verb}} {{code}}"]],
      },
      {
        title: "Answers of the API server, 99th percentile",
        unit: "s",
        queries: [[p99("serin_kube_request_duration_seconds", ", verb"), "{{verb}}"]],
      },
      {
        title: "Queries of metrics",
        unit: "reqps",
        queries: [[rate("serin_source_queries_total", "source, result"), "{{source}} {{result}}"]],
      },
      {
        title: "Answers of metrics, 99th percentile",
        unit: "s",
        queries: [[p99("serin_source_query_duration_seconds", ", source"), "{{source}}"]],
      },
      {
        title: "Admission requests",
        unit: "reqps",
        queries: [[rate("serin_admissions_total", "webhook, answer"), "{{webhook}} {{answer}}"]],
      },
      {
        title: "Admission, 99th percentile",
        unit: "s",
        queries: [[p99("serin_admission_duration_seconds", ", webhook"), "{{webhook}}"]],
      },
      {
        title: "Memory",
        unit: "bytes",
        queries: [["process_resident_memory_bytes and on (instance) serin_build_info", "{{instance}}"]],
      },
      {
        title: "Life left of the certificate",
        unit: "s",
        queries: [["min(serin_certificate_expiry_timestamp_seconds) - time()", "certificate"]],
      },
    ],
  },
};
