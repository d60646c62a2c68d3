import { expect } from "chai";
import { allCommands } from "../../cli/commands/registry.ts";
import { runLine } from "../../cli/frame/run.ts";
import { systemClock } from "../../kube/core/clock.ts";
import { orders as annotated, type OrderName } from "../../rollout/plan/orders.ts";
import { describeCluster } from "../cluster/fixture.ts";
import { kept } from "../unit/cli/frame/streams.ts";
import { setReady } from "./readiness.ts";
import { Shop } from "./shop.ts";

const commands = await allCommands();

type Order = OrderName | "undo" | "pause" | "resume";
const orders = [...Object.keys(annotated), "undo", "pause", "resume"] as readonly Order[];

/** The orders that can be obeyed in each state; every other one is an error that says what can be done. */
const obeyed: Readonly<Record<string, readonly Order[]>> = {
  "at rest": ["pause"],
  progressing: ["promote", "advance", "abort", "undo", "pause"],
  waiting: ["promote", "advance", "abort", "resume"],
  "rolled back": ["retry", "undo", "pause"],
  promoting: ["undo", "pause"],
};
/** The commands that show: everybody who may view may run them in every state. */
const shown: readonly string[] = [
  ...["status web", "status web -o json", "status", "status --all", "history web", "history web -o yaml"],
  ...["explain web", "explain web --all", "diff web", "doctor", "version"],
];
/** What no line of a command may have. */
const SLIP = /undefined|NaN|TypeError|\[object/;

// The commands run in this process, because the start of each takes longer than its answer.
describeCluster("every command of kubectl serin", function () {
  this.timeout(300_000);
  let shop: Shop;
  before(async () => {
    shop = await Shop.open("every");
    const plan = {
      "serin.dev/steps": "25:10m, pause, 50",
      "serin.dev/compare": "off",
      "serin.dev/checks": "none",
    };
    await shop.deploy({ replicas: 2, interval: "1s", plan });
    for (const role of ["view", "edit"])
      await shop.run("create", "rolebinding", role, `--clusterrole=${role}`, `--user=${role}er`);
  });
  after(() => shop?.close());

  async function run(line: string, user: string) {
    const streams = kept();
    const environment = { KUBECONFIG: shop.cluster.kubeconfig, LANG: "C.UTF-8" };
    const code = await runLine(commands, {
      program: "kubectl serin",
      line: [...line.split(" "), `--namespace=${shop.namespace}`, `--as=${user}`],
      place: { isTty: false, columns: 140, environment, platform: "linux" },
      streams,
      clock: systemClock,
      version: "0.0.0",
    });
    const { out, error } = streams.written;
    expect(out + error, `${line} of ${user}`).to.not.match(SLIP);
    return { code, out, error };
  }

  /** Each command with the rights of view, edit and none; orders as a dry run. */
  async function everyCommand(state: string) {
    for (const line of shown)
      for (const user of ["viewer", "editer"]) {
        const { code, out, error } = await run(line, user);
        expect(code, `${line} of ${user}: ${error}`).to.equal(0);
        if (line === "status web") expect(out).to.include(` ${state} `);
      }
    for (const line of shown.filter((one) => one.includes(" web"))) {
      const { code, error } = await run(line, "nobody");
      expect(
        [code, /^Error from server \(Forbidden\): .*\nYou need the right to /.test(error)],
        line,
      ).to.deep.equal([1, true]);
    }
    expect((await run("preflight web", "editer")).code).to.be.oneOf([0, 3]);
    expect((await run("preflight web", "viewer")).error).to.include("You need the right to patch");
    for (const order of orders) {
      const line = `${order} web --dry-run=server`;
      const can = obeyed[state]?.includes(order) ?? false;
      const mine = await run(line, "editer");
      expect(mine.code, `${order}, ${state}: ${mine.out}${mine.error}`).to.equal(can ? 0 : 1);
      expect(can ? mine.out : mine.error).to.match(
        can ? /^deployment\.apps\/web .* \(server dry run\)\n$/ : /^error: deployment(s\.apps "web"|\/web)/,
      );
      const { code, error } = await run(line, "viewer");
      expect(code, `${order} of viewer`).to.equal(1);
      if (can) expect(error).to.include("You need the right to patch deployments.apps");
      expect((await run(line, "nobody")).error).to.include("You need the right to get deployments.apps");
    }
  }

  it("says at rest what it can", () => everyCommand("at rest"));

  it("says in a step what it can", async () => {
    await shop.run("set", "image", "deployment/web", "app=app:v2");
    await shop.weighs(25);
    await everyCommand("progressing");
  });

  it("says at a pause of the plan what it can", async () => {
    await shop.run("annotate", "--overwrite", "deployment/web", "serin.dev/steps=25, pause, 50");
    await shop.until("the pause", () => /paused by the plan/.test(shop.condition()?.message ?? ""));
    await everyCommand("waiting");
  });

  it("says after a rollback what it can", async () => {
    await shop.run("annotate", "deployment/web", `serin.dev/abort=${shop.revision()}`);
    await shop.until("the rollback", () => shop.condition()?.reason === "RolledBack");
    await everyCommand("rolled back");
  });

  it("says in a promotion what it can", async () => {
    await shop.run("annotate", "--overwrite", "deployment/web", "serin.dev/steps=50");
    await shop.run("scale", "deployment/web", "--replicas=4");
    await shop.run("set", "image", "deployment/web", "app=app:v3-neverready");
    // The promotion lasts as long as its other pods are not ready.
    const started = () => shop.pods("v3-neverready").filter(({ status }) => status?.phase === "Running");
    await shop.until("the canary's pods", () => started().length === 2);
    for (const { metadata } of started()) await setReady(shop, metadata.name, true);
    await shop.until("the promotion", () => shop.held()?.phase === "promoting");
    await everyCommand("promoting");
    expect(shop.held()?.phase, "the phase after all commands").to.equal("promoting");
    await shop.run("rollout", "undo", "deployment/web", "--to-revision=1");
    await shop.atRest();
  });
});
