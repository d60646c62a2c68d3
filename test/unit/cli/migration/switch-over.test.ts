import { expect } from "chai";
import { planScreen } from "../../../../cli/migration/plan-screen.ts";
import { switchOver } from "../../../../cli/migration/switch-over.ts";
import { flaggerSteps } from "../../../../migrate/live/flagger/steps.ts";
import type { LiveWrite } from "../../../../migrate/live/step.ts";
import { FlaggerShop } from "../../migrate/flagger-shop.ts";
import { kept, plainTerminal } from "../frame/streams.ts";

/** Runs a switch-over with a clock that moves by its sleeps; returns what it said, and how long (ms) it took. */
async function run(shop: FlaggerShop, wanted: number, perform = (write: LiveWrite) => shop.perform(write)) {
  const lines: string[] = [];
  let time = 0;
  const clock = {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  };
  await switchOver({
    steps: flaggerSteps,
    read: async () => shop.seen(),
    perform: async (writes) => writes.forEach(perform),
    clock,
    say: (line) => lines.push(line),
    wanted,
    patienceMs: 60_000,
  });
  return { lines, time };
}

describe("kubectl serin migrate", () => {
  it("says each step, and waits for proxies between them", async () => {
    const { lines, time } = await run(new FlaggerShop(), flaggerSteps.length);
    expect(lines.filter((line) => line.startsWith("step"))).to.deep.equal(
      flaggerSteps.map(({ name }, i) => `step ${i + 1} of ${flaggerSteps.length}: ${name}`),
    );
    // Flagger's tick, four changes of the route at 5 s, and kube-proxy.
    expect(time).to.be.within(35_000, 36_000);
  });

  it("goes back to the start", async () => {
    const shop = new FlaggerShop();
    await run(shop, 5);
    const { lines } = await run(shop, 0);
    expect(lines.filter((line) => line.startsWith("undone"))).to.have.length(5);
    expect(lines.at(-1)).to.equal("undone: step 1 of 11: suspend");
  });

  it("ends with an error where a write has no effect, a step is refused, or a wait is too long", async () => {
    const failure = async (shop: FlaggerShop, wanted: number, perform?: (write: LiveWrite) => void) => {
      return run(shop, wanted, perform).then(() => "", String);
    };
    expect(await failure(new FlaggerShop(), 1, () => {})).to.contain(
      "suspend has no effect: somebody else writes the same objects",
    );
    expect(await failure(new FlaggerShop("Progressing"), 1)).to.contain(
      "the Canary is in the phase Progressing",
    );
    const stuck = new FlaggerShop();
    const canary = stuck.objects.get("canaries/web");
    if (canary) canary.metadata.finalizers = ["finalizer.flagger.app"];
    expect(await failure(stuck, 2)).to.match(
      /has not removed its finalizer from the Canary yet: still so after 60s; the same command continues/,
    );
  });

  it("shows the plan with what is done and what cannot be undone", async () => {
    const shop = new FlaggerShop();
    await run(shop, 2);
    const lines = planScreen(flaggerSteps, shop.seen(), plainTerminal(kept()));
    expect(lines[0]).to.match(/^✔ 1 suspend: Set spec\.suspend/);
    expect(lines[6]).to.match(/^◑ 3 shift: /);
    expect(lines.filter((line) => line.endsWith("cannot be undone"))).to.have.length(3);
  });
});
