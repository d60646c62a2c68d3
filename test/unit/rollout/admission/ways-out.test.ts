import { expect } from "chai";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { revisionInFlight } from "../../../../rollout/workload/revision.ts";
import { presentOf } from "../../../../rollout/workload/template.ts";
import { heldIn } from "../../../model/records.ts";
import type { World } from "../../../model/world.ts";
import { annotate, aShop, edit, image } from "../../../support/shop.ts";

const web = (world: World) => world.get("deployments", "web");
const order = (world: World, name: string, value = revision(world)) =>
  world.request("web", annotate(`serin.dev/${name}`, value));

function revision(world: World): string {
  return revisionInFlight(web(world), presentOf(web(world), world.replicaSetsOf(web(world))));
}

/** A canary of `web:2` at 50 %. */
function canary(steps = "50:2h"): World {
  const world = aShop({ annotations: { "serin.dev/steps": steps } });
  world.request("web", image("web:2"));
  world.runTo(50);
  world.run(2);
  return world;
}

function after(change: (world: World) => unknown, ticks = 0, begun = canary): World {
  const world = begun();
  expect(change(world)).to.equal(undefined);
  if (ticks > 0) world.run(ticks);
  return world;
}

const paused = (world: World) => world.request("web", edit({ paused: true }));
const states: Readonly<Record<string, () => World>> = {
  "in flight": canary,
  "paused by the user": () => after(paused),
  "paused by the plan": () =>
    after(
      () => undefined,
      20,
      () => canary("50:1m, pause, 100:1h"),
    ),
  "being rolled back": () => after((world) => order(world, "abort")),
  "being promoted": () => after((world) => order(world, "promote")),
  "in its native promotion": () => {
    const world = after((each) => order(each, "promote"));
    for (let i = 0; i < 20 && heldIn(web(world))?.phase === "canary"; i += 1) world.run(1);
    expect(heldIn(web(world))?.phase).to.equal("promoting");
    return world;
  },
  "rolled back": () => after((world) => order(world, "abort"), 5),
  "rolled back in a pause": () => after((world) => paused(world) ?? order(world, "abort"), 5),
  undone: () => after((world) => world.request("web", image("web:1"))),
  "superseded by another one": () => after((world) => world.request("web", image("web:3"))),
};

const without = (deployment: Deployment): Deployment => {
  const { "serin.dev/rollout": _out, ...annotations } = deployment.metadata.annotations ?? {};
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
};
const recreate = (deployment: Deployment) =>
  edit({ strategy: { type: "Recreate" } })(image("web:4")(deployment));
const requests: Readonly<Record<string, (world: World) => string | undefined>> = {
  "the opt-out": (world) => world.request("web", without),
  promote: (world) => order(world, "promote"),
  advance: (world) => order(world, "advance", `${revision(world)}/1`),
  abort: (world) => order(world, "abort"),
  retry: (world) => order(world, "retry"),
  "an order for another revision": (world) => order(world, "promote", "9"),
  "a version with the strategy Recreate": (world) => world.request("web", recreate),
};

/** Gives a command of a sentence, as kubectl does; returns why not, if it is refused. */
function give(world: World, command: string): string | undefined {
  const given = /serin\.dev\/(promote|abort|retry|advance)=([\w<>/]+)/.exec(command);
  if (given !== null) return order(world, given[1] ?? "", given[2]?.replace("<revision>", revision(world)));
  if (/rollout resume/.test(command)) {
    if (web(world).spec.paused !== true) return "kubectl resumes no Deployment that is not paused";
    return world.request("web", edit({ paused: false }));
  }
  if (/rollout undo/.test(command)) {
    if (web(world).spec.paused === true) return "kubectl undoes no paused Deployment";
    return world.request("web", image("web:1"));
  }
  if (/remove serin\.dev\/rollout/.test(command)) return world.request("web", without);
  return `not a command: ${command}`;
}

/** The ways out that a refusal names: each is one command, or several that follow each other. */
function waysIn(refusal: string): readonly (readonly string[])[] {
  const now = refusal.replaceAll(/serin\.dev\/retry=\d+ starts its canary again after that/g, "");
  const one =
    /kubectl rollout (?:undo|resume)(?: \S+)?|(?:kubectl )?annotate (?:deployment\/\S+ )?serin\.dev\/\w+=[\w<>/]+|serin\.dev\/\w+=[\w<>/]+|remove serin\.dev\/rollout/;
  const chain = new RegExp(`(?:${one.source})(?:(?: &&|, then) (?:${one.source}))*`, "g");
  return [...now.matchAll(chain)].map(([way]) => way.split(/(?<=, then )| && /));
}

describe("the ways out that refusals name", () => {
  for (const [state, build] of Object.entries(states))
    it(`work while a version is ${state}`, () => {
      const refusals = Object.values(requests).flatMap((ask) => ask(build()) ?? []);
      expect(refusals).to.not.have.length(0);
      for (const refusal of refusals)
        for (const way of waysIn(refusal)) {
          const world = build();
          for (const command of way) {
            expect(give(world, command), `${command}, of "${refusal}"`).to.equal(undefined);
            if (command.endsWith(", then ")) world.run(10);
          }
        }
    });

  it("are found in them", () => {
    expect(
      waysIn(
        "a: b; kubectl annotate deployment/web serin.dev/abort=1, then kubectl rollout undo deployment/web",
      ),
    ).to.deep.equal([
      ["kubectl annotate deployment/web serin.dev/abort=1, then ", "kubectl rollout undo deployment/web"],
    ]);
    expect(
      waysIn(
        "promote it (annotate serin.dev/promote=<revision>) or undo it (kubectl rollout undo, or a manifest)",
      ),
    ).to.deep.equal([["annotate serin.dev/promote=<revision>"], ["kubectl rollout undo"]]);
  });
});
