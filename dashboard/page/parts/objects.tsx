import type { RolloutView } from "../../../rollout/view/view.ts";
import { shareText } from "../../../rollout/view/words.ts";
import { PagePart } from "./part.tsx";

/** The Services and routes that a rollout uses. */
export function ObjectsPart({ view: { state, services, routes } }: { readonly view: RolloutView }) {
  if (services.length + routes.length === 0) return null;
  return (
    <PagePart title="Routes" isWide={false}>
      <ul class="plain">
        {services.map(({ name, canaryService, isolated }) => (
          <li key={name}>
            service/{name} → stable{isolated || state !== "preparing" ? "" : " (not isolated yet)"}
            {canaryService === undefined ? "" : ` · service/${canaryService} → canary`}
          </li>
        ))}
        {routes.map((route) => (
          <li key={`${route.kind}/${route.namespace}/${route.name}`}>
            {route.kind.toLowerCase()}/{route.name} -n {route.namespace} · {route.gateways.join(", ")} ·{" "}
            {shareText(state, route)}
            {route.says === undefined ? null : <span class="failure"> {route.says}</span>}
          </li>
        ))}
      </ul>
    </PagePart>
  );
}
