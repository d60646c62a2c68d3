import { annotate, aShop, edit, ending, image } from "../support/shop.ts";
import { heldOf } from "../../rollout/hold.ts";
it("zz", () => {
  const world = aShop({ annotations: { "serin.dev/interval": "10s", "serin.dev/max-interval": "20s" }, neighbour: true });
  const show = (w: string) => console.log(w, JSON.stringify({ ...ending(world), deployments: 0, rules: world.list("httproutes")[0]?.spec.rules?.[0]?.backendRefs?.map((r) => `${r.name}=${r.weight}`) }), JSON.stringify(heldOf(world.get("deployments", "web"))), world.get("deployments","web").spec.paused, world.get("deployments","web").spec.strategy?.rollingUpdate?.maxSurge, JSON.stringify(world.get("deployments","web").status?.conditions));
  world.request("web", image("web:never")); world.run(1); show("never");
  world.put("deployments", edit({ replicas: 0 })(world.get("deployments", "web"))); world.run(1); show("zero");
  console.log(world.request("web", annotate("serin.dev/abort", "1"))); show("abort");
  world.put("deployments", edit({ replicas: 4 })(world.get("deployments", "web"))); 
  for (let i=0;i<3;i++) {world.run(1); show("four");}
  console.log(world.request("web", image("web:last"))); show("last");
  for (let i=0;i<12;i++) {world.run(5); show("end");}
  console.log(world.story);
});
