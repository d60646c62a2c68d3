import { expect } from "chai";
import { onEachGateway } from "../cluster/fixture.ts";
import { expectNoFailures } from "./share.ts";
import type { Shop } from "./shop.ts";
import { type Story, together } from "./together.ts";

const message = (shop: Shop) => shop.condition()?.message ?? "";
const update = (shop: Shop, tag: string) => shop.kubectl("set", "image", "deployment/web", `app=app:${tag}`);
const rollout = (shop: Shop, verb: string) => shop.run("rollout", verb, "deployment/web");
const order = (shop: Shop, verb: string) =>
  shop.run("annotate", "deployment/web", `serin.dev/${verb}=${shop.revision()}`);

/** Waits for a sentence of the condition, and returns the part that the pattern captures. */
async function said(shop: Shop, sentence: RegExp): Promise<string> {
  await shop.until(String(sentence), () => sentence.test(message(shop)));
  return sentence.exec(message(shop))?.[1] ?? "";
}

/** Runs the commands of a sentence, as a user who copies them. */
async function obey(shop: Shop, commands: string): Promise<void> {
  for (const command of commands.split(" && ")) {
    const [, args = ""] = /^kubectl (.+)$/.exec(command) ?? [];
    await shop.run(...args.split(" "));
  }
}

function deploy(shop: Shop): Promise<string> {
  const plan = { "serin.dev/steps": "20:10m", "serin.dev/compare": "off", "serin.dev/checks": "none" };
  return shop.deploy({ interval: "1s", plan });
}

const stories: Readonly<Record<string, Story>> = {
  "takes several changes for one version, and starts the last one at the resume": async (shop) => {
    await deploy(shop);
    const load = shop.load(100);
    await rollout(shop, "pause");
    for (const tag of ["v2", "v3", "v4"]) {
      const { stderr } = await update(shop, tag);
      expect(stderr)
        .to.match(/^Warning: serin: canary 20 %, /)
        .and.not.match(/in flight|in a row/);
      await said(shop, /^the Deployment is paused: kubectl rollout resume deployment\/web starts the canary/);
    }
    await rollout(shop, "resume");
    await shop.weighs(20);
    for (const tag of ["v2", "v3"]) expect(shop.replicaSet(tag), tag).to.equal(undefined);
    await shop.promote();
    expect(shop.pods("v4")).to.have.length(5);
    await expectNoFailures(load);
  },

  "names commands that kubectl accepts when its canary is rolled back": async (shop) => {
    await deploy(shop);
    const load = shop.load(100);
    await update(shop, "v2");
    await shop.weighs(20);
    await rollout(shop, "pause");
    await order(shop, "abort");
    const back = await said(shop, /One pod is kept; (.+) goes back, /);
    expect((await shop.kubectl("rollout", "undo", "deployment/web")).code, "an undo in the pause").to.equal(
      1,
    );
    await obey(shop, back);
    await shop.atRest();
    expect(shop.pods("v1")).to.have.length(5);
    await expectNoFailures(load);
  },

  "names the resume while it keeps a promotion from its end": async (shop) => {
    await deploy(shop);
    const load = shop.load(100);
    await update(shop, "v2-slow6");
    await shop.until("the canary", () => shop.record("v2-slow6") !== undefined);
    await order(shop, "promote");
    await shop.until("the promotion", () => shop.held()?.phase === "promoting");
    await rollout(shop, "pause");
    const resume = await said(shop, /Now the Deployment is paused: (.+) continues$/);
    await obey(shop, resume);
    await shop.atRest();
    expect(shop.pods("v2-slow6")).to.have.length(5);
    await expectNoFailures(load);
  },
};

onEachGateway("a Deployment that its user has paused", function (gateway) {
  // Nothing here depends on the gateway.
  if (gateway !== "traefik") return;
  this.timeout(180_000);
  together(gateway, stories);
});
