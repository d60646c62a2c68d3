import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { findHelm } from "../../cluster/tools.ts";
import { chartArgs } from "./rendered.ts";

const REFUSED = [
  ["a value that it does not know", "webhook.replica=3", "replica"],
  ["a number of pods that is text", 'controller.replicas="two"', "/controller/replicas"],
  ["an address with a password", 'prometheus.address="http://a:b@p.test"', "/prometheus/address"],
  ["a Secret without its key", 'prometheus.secret="p"', "/prometheus/key"],
  ["a privileged port", "webhook.port=443", "/webhook/port"],
  ["the port of the metrics", "webhook.port=8080", "/webhook/port"],
  ["the kubelet's port in the nodes' network", 'webhook={"hostNetwork":true,"port":10250}', "/webhook/port"],
  ["users of a proxy without its addresses", 'dashboard.userHeader="X-User"', "/dashboard/trustProxyCidrs"],
  ["an issuer without its name", 'certManager.issuerRef={"kind":"Issuer"}', "/certManager/issuerRef"],
  ["a receiver without its type", 'notifications.receivers={"team":{}}', "/notifications/receivers/team"],
  ["the URL of a hook for its host", 'hookHosts=["http://a.test"]', "/hookHosts/0"],
  [
    "an address of a proxy that is not a block",
    'dashboard={"userHeader":"X-User","trustProxyCidrs":["10.8.0.1"]}',
    "/dashboard/trustProxyCidrs/0",
  ],
  ["a header with its value", 'dashboard.groupsHeader="X-Groups: a"', "/dashboard/groupsHeader"],
  ["a name that no object can have", 'profiles={"Slow_1":{"steps":"5"}}', "/profiles"],
  ["a budget for one pod", "webhook.replicas=1", "podDisruptionBudget.enabled=false"],
  ["a budget for every pod", "podDisruptionBudget.minAvailable=2", "webhook.replicas"],
] as const;

/** Whose ServiceAccounts are not Serin's. */
const SHARED = ["default", "kube-system", "kube-public", "kube-node-lease"];

describe("the Helm chart", function () {
  this.timeout(120_000);

  for (const [what, value, told] of REFUSED)
    it(`refuses ${what}, and names it`, () => {
      const { status, stderr } = spawnSync(findHelm(4), [...chartArgs, "--set-json", value], {
        encoding: "utf8",
      });
      expect(status, stderr).to.not.equal(0);
      expect(stderr).to.include(told);
    });

  for (const namespace of SHARED)
    it(`refuses the namespace ${namespace}, whose ServiceAccounts would count as Serin`, () => {
      const args = [...chartArgs, `--namespace=${namespace}`];
      const { status, stderr } = spawnSync(findHelm(3), args, { encoding: "utf8" });
      expect(status, stderr).to.not.equal(0);
      expect(stderr).to.include("--namespace serin-system --create-namespace");
    });
});
