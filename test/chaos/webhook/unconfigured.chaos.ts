import { expect } from "chai";
import { describeCluster } from "../../cluster/fixture.ts";
import type { Load } from "../../cluster/load.ts";
import type { Summary } from "../../cluster/record.ts";
import { eventually } from "../../cluster/wait.ts";
import { measured } from "../../stories/measured.ts";
import { expectNoFailures } from "../../stories/share.ts";
import { HEARD_MS, Shop } from "../../stories/shop.ts";
import { withoutSerin } from "../../stories/without-serin.ts";
import { cleanup } from "../cleanup.ts";
import { atHalf, expectTheirs, only } from "../leader/midway.ts";

const BINDING = "validatingadmissionpolicybinding/serin";
/** Longer than native control needs for a pod, and a pod to end after its preStop sleep. */
const SETTLED_MS = 10_000;
const UNDO = ["rollout", "undo", "deployment/web"];

// Refusals involve only the API server, and every proxy continues to serve, so one gateway is enough.
describeCluster(
  "in flight, without any process of Serin and without its webhook configuration,",
  function () {
    this.timeout(180_000);
    let shop: Shop;
    beforeEach(async () => {
      shop = await Shop.open("unconfigured");
    });
    afterEach(() => shop?.close());

    it("no new template passes, the owner's route brings all requests to the stable version, and one command ends it", async () => {
      const { v1, was, load } = await atHalf(shop);
      const { spec } = shop.deployment();
      const apply = ["apply", "-f", "-"];
      const manifest = only(v1, "Deployment");
      await withoutSerin(shop.cluster, async () => {
        for (const [args, input] of [
          [UNDO],
          [["set", "image", "deployment/web", "app=app:v1"]],
          [["set", "image", "deployment/web", "app=app:v3"]],
          [["rollout", "restart", "deployment/web"]],
          [apply, manifest],
          [[...apply, "--server-side", "--force-conflicts"], manifest],
        ] as const) {
          const { code, stderr } = await kubectl(args, input);
          expect(code, args.join(" ")).to.equal(1);
          expect(stderr).to.include("end the rollout by kubectl serin cleanup");
        }
        for (const args of [
          ["label", "deployment/web", "team=shop"],
          ["label", "deployment/web", "team-"],
          ["rollout", "pause", "deployment/web"],
          ["rollout", "resume", "deployment/web"],
          ["rollout", "history", "deployment/web"],
        ])
          expect(await kubectl(args), args.join(" ")).to.include({ code: 0 });
        expect(shop.deployment().spec).to.deep.equal(spec);

        await shop.apply(only(v1, "HTTPRoute"));
        const heard = Date.now() + HEARD_MS;
        const to = await shop.answered(load, heard, 500);
        expect(load.between(heard, to).byVersion).to.have.all.keys("v1");
        expect(await cleanup(shop)).to.include(`Deployment ${shop.namespace}/web runs its stable version`);
        await shop.until("v1 alone", () => shop.pods("v2").length === 0 && shop.pods("v1").length === 5);
        await expectTheirs(shop, was);
        await shop.run("rollout", "status", "deployment/web", "--timeout=30s");
        await expectNoFailures(load);
      });
    });

    it("an undo that the policy let pass would leave the canary its traffic", async function () {
      const { was, load } = await atHalf(shop);
      const { total, failed, byVersion } = await withoutPolicy(UNDO, load);
      const { v2 = 0 } = byVersion;
      measured(this, `${v2} of ${total} requests reach the canary, ${failed} fail`);
      // Native control keeps the canary's pods only if it hears of the stable pods' new minReadySeconds first.
      expect(v2 + failed).to.be.above(total / 4);
      await expectTheirs(shop, was);
      await shop.run("rollout", "status", "deployment/web", "--timeout=30s");
    });

    it("another version that the policy let pass would take the canary's pods before its traffic", async function () {
      const { load } = await atHalf(shop);
      const { total, failed } = await withoutPolicy(["set", "image", "deployment/web", "app=app:v3"], load);
      measured(this, `${failed} of ${total} requests fail`);
      expect(failed).to.be.above(total / 4);
    });

    /** Runs the command while nothing of Serin is left, not even its policy. Returns what the next requests got. */
    async function withoutPolicy(command: readonly string[], load: Load): Promise<Summary> {
      let seen: Summary | undefined;
      await withoutSerin(shop.cluster, async () => {
        const saved = (await shop.cluster.kubectl(["get", BINDING, "-o=json"])).stdout;
        await shop.cluster.kubectl(["delete", BINDING]);
        try {
          const passes = async () =>
            (await kubectl([...command, "--dry-run=server"])).code === 0 || undefined;
          await eventually("the policy not in force", passes, 10_000);
          await shop.run(...command);
          const from = Date.now() + SETTLED_MS;
          const to = await shop.answered(load, from, 500);
          seen = load.between(from, to);
        } finally {
          await shop.cluster.kubectl(["apply", "-f", "-"], { input: saved });
        }
      });
      if (seen === undefined) throw new Error("no request was counted");
      return seen;
    }

    const kubectl = (args: readonly string[], input?: string) =>
      shop.cluster.kubectl(args, { namespace: shop.namespace, ...(input === undefined ? {} : { input }) });
  },
);
