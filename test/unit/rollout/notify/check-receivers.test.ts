import { expect } from "chai";
import { allowed } from "../../../../rollout/admission/answer.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { checkReceivers, needsReceivers } from "../../../../rollout/notify/check-receivers.ts";
import { parseNotifications } from "../../../../rollout/notify/configuration.ts";
import { aDeployment, aHeld } from "../../../support/builders.ts";

const configuration = parseNotifications({
  receivers: `
    team-shop: {type: slack, url: $k, namespaces: [shop]}
    oncall: {type: pagerduty, routingKey: $p}
    bank: {type: slack, url: $k, namespaces: [bank]}`,
});
const naming = (notify: string, held = {}) =>
  aDeployment({ annotations: { "serin.dev/notify": notify, ...held } });
const inFlight = { [HELD]: JSON.stringify(aHeld()) };

describe("rollout/notify/check-receivers", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["taem-shop", "serin.dev/notify: unknown receiver taem-shop; did you mean team-shop?"],
    ["x", "serin.dev/notify: unknown receiver x: use one of team-shop, oncall"],
    ["bank", "serin.dev/notify: unknown receiver bank: use one of team-shop, oncall"],
    [
      "oncall=promoted",
      "serin.dev/notify: pagerduty receivers do not tell promoted: use one of waiting, stuck, rolled-back",
    ],
  ];
  for (const [notify, message] of refused)
    it(`refuses ${notify} on a Deployment, with the names that would do`, () => {
      const answer = checkReceivers(allowed(naming(notify)), aDeployment(), configuration);
      expect(answer).to.include({ allowed: false, message });
    });

  it("takes receivers of the namespace, with their moments", () => {
    const answer = allowed(naming("team-shop, oncall=stuck"));
    expect(checkReceivers(answer, null, configuration)).to.equal(answer);
  });

  it("only warns of a rollout that begins with a name from before: no rollout waits for a notice", () => {
    const answer = allowed(naming("gone", inFlight));
    expect(needsReceivers(answer, naming("gone"))).to.equal(true);
    const said = checkReceivers(answer, naming("gone"), configuration);
    expect(said.allowed && said.warnings).to.deep.equal([
      "serin.dev/notify: unknown receiver gone: use one of team-shop, oncall; nobody hears of it there",
    ]);
  });

  it("asks for the receivers only when an answer depends on them", () => {
    expect(needsReceivers(allowed(naming("a")), naming("a"))).to.equal(false);
    expect(needsReceivers(allowed(naming("a")), aDeployment())).to.equal(true);
    expect(needsReceivers(allowed(naming("none")), aDeployment())).to.equal(false);
    expect(needsReceivers(allowed(aDeployment()), null)).to.equal(false);
    const undone = { [HELD]: JSON.stringify(aHeld({ phase: "undone" })) };
    expect(needsReceivers(allowed(naming("a", undone)), aDeployment())).to.equal(false);
  });

  it("says so where the administrator gave no receiver", () => {
    const none = parseNotifications({});
    const answer = checkReceivers(allowed(naming("a")), null, none);
    expect(!answer.allowed && answer.message).to.equal(
      "serin.dev/notify: unknown receiver a: remove it: the administrator gave this namespace no receiver",
    );
  });
});
