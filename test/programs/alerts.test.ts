import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { readHeadings } from "../../docs/troubleshooting.ts";
import { findTools, repository } from "../cluster/tools.ts";

interface Rule {
  readonly alert?: string;
  readonly labels?: object;
  readonly annotations?: { readonly runbook_url: string };
}
/** Series in promtool's notation, one sample a minute. */
type Samples = Readonly<Record<string, string>>;

const web = 'namespace="shop",deployment="web"';
/** Everything in order, for two hours. */
const healthy: Samples = {
  'serin_leader{pod="a"}': "1x120",
  'serin_leader{pod="b"}': "0x120",
  'serin_build_info{component="webhook",version="1"}': "1x120",
  serin_tick_lag_seconds: "5x120",
  serin_certificate_expiry_timestamp_seconds: `${90 * 86_400}x120`,
  [`serin_rollout_phase{${web},phase="holding"}`]: "1x120",
  'serin_admission_duration_seconds_bucket{le="0.1"}': "0+60x120",
  'serin_admission_duration_seconds_bucket{le="+Inf"}': "0+60x120",
};
const waits = (reason: string) => `serin_rollout_waiting{${web},reason="${reason}"}`;
/** Alert → a state in which it fires after 90 minutes, and one that is close to it, in which it does not. */
const cases: Readonly<Record<string, { readonly fires: Samples; readonly silent: Samples }>> = {
  SerinRolledBack: {
    fires: { [`serin_rollout_phase{${web},phase="failed"}`]: "_x88 1x30" },
    silent: { [`serin_rollout_phase{${web},phase="undone"}`]: "1x120" },
  },
  SerinStuck: {
    fires: { [waits("traffic")]: "_x70 1x50" },
    silent: { [waits("traffic")]: "_x80 1x40" },
  },
  SerinWaitsForPerson: {
    fires: { [waits("person")]: "_x25 1x95" },
    silent: { [waits("person")]: "_x45 1x75" },
  },
  SerinNoLeader: {
    fires: { 'serin_leader{pod="a"}': "1x80 0x40" },
    silent: { 'serin_leader{pod="a"}': "1x89 0x1 1x30" },
  },
  SerinWebhookDown: {
    fires: { 'serin_build_info{component="webhook",version="1"}': "1x70 _x50" },
    silent: { 'serin_build_info{component="webhook",version="1"}': "1x89 _x1 1x30" },
  },
  SerinJudgesLate: {
    fires: { serin_tick_lag_seconds: "5x80 90x40" },
    silent: { serin_tick_lag_seconds: "5x80 55x40" },
  },
  SerinAdmissionSlow: {
    fires: { 'serin_admission_duration_seconds_bucket{le="0.1"}': "0+30x120" },
    silent: { 'serin_admission_duration_seconds_bucket{le="0.1"}': "0+59.9x120" },
  },
  SerinCertificateExpires: {
    fires: { serin_certificate_expiry_timestamp_seconds: `${6 * 86_400}x120` },
    silent: { serin_certificate_expiry_timestamp_seconds: `${9 * 86_400}x120` },
  },
  SerinNotificationsLost: {
    fires: { 'serin_notifications_total{receiver="team",result="given_up"}': "0x80 1x40" },
    silent: { 'serin_notifications_total{receiver="team",result="retried"}': "0x80 1x40" },
  },
};
// A quantile that is in the last bucket is the bound of the one before, so slow needs a bound above 2 s.
const slow: Samples = { 'serin_admission_duration_seconds_bucket{le="10"}': "0+60x120" };

describe("the alerts of deploy/components/monitoring", () => {
  const path = join(repository, "deploy/components/monitoring/rules.yaml");
  const { spec } = parse(readFileSync(path, "utf8")) as { spec: { groups: readonly { rules: Rule[] }[] } };
  const rules = spec.groups.flatMap((group) => group.rules);
  const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : { ...rule, alert: rule.alert }));
  let folder: string;
  const promtool = async (...args: string[]) => {
    await promisify(execFile)(findTools().program("promtool"), args).catch((error) => {
      throw new Error(`${error.stdout}${error.stderr}`, { cause: error });
    });
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "serin-alerts-"));
    await writeFile(join(folder, "rules.yaml"), stringify(spec));
  });
  after(() => rm(folder, { recursive: true }));

  const seriesOf = (samples: Samples) =>
    Object.entries({ ...healthy, ...slow, ...samples }).map(([series, values]) => ({ series, values }));
  const run = async (samples: Samples, checks: object) => {
    const test = { interval: "1m", input_series: seriesOf(samples), ...checks };
    const file = join(folder, "test.yaml");
    await writeFile(
      file,
      stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests: [test] }),
    );
    await promtool("test", "rules", file);
  };

  it("are valid rules", () => promtool("check", "rules", join(folder, "rules.yaml")));

  it("have a case each here, and an entry of docs/troubleshooting.md to which they link", () => {
    const names = alerts.map(({ alert }) => alert);
    expect(Object.keys(cases)).to.have.members(names);
    expect(readHeadings().alert).to.deep.equal(names);
    for (const { alert, annotations } of alerts) {
      expect(annotations?.runbook_url).to.match(
        new RegExp(`/docs/troubleshooting.md#${alert.toLowerCase()}$`),
      );
    }
  });

  for (const { alert } of alerts) {
    const { fires = {}, silent = {} } = cases[alert] ?? {};
    const firing = 'count by (alertname) (ALERTS{alertstate="firing"})';
    const expects = (names: readonly string[]) => ({
      promql_expr_test: [
        {
          expr: firing,
          eval_time: "90m",
          exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
        },
      ],
    });
    it(`${alert} fires alone`, () => run(fires, expects([alert])));
    it(`${alert} is silent when its state is only close`, () => run(silent, expects([])));
  }

  it("record which share of changes failed", async () => {
    const ended = (outcome: string) =>
      `serin_rollouts_ended_total{${web},strategy="canary",outcome="${outcome}"}`;
    const samples = {
      [ended("failed")]: "0+1x120",
      [ended("promoted")]: "0+3x120",
      [ended("undone")]: "0+9x120",
    };
    const labels = `serin:change_failure_ratio:rate30d{${web}}`;
    const exp_samples = [{ labels, value: 0.25 }];
    const one = { expr: "serin:change_failure_ratio:rate30d", eval_time: "90m", exp_samples };
    await run(samples, { promql_expr_test: [one] });
  });
});
