import type { RolloutView } from "../../../rollout/view/view.ts";
import { PagePart } from "./part.tsx";

/** The Services and routes that a rollout uses. */
export function ObjectsPart({ view: { services, routes } }: { readonly view: RolloutView }) {
  if (services.length + routes.length === 0) return null;
  return (
    <PagePart title="Routes" isWide={false}>
      <ul class="plain">
        {services.map(({ name, canaryService, isolated }) => (
          <li key={name}>
            service/{name} → stable{isolated ? "" : " (not isolated yet)"}
            {canaryService === undefined ? "" : ` · service/${canaryService} → canary`}
          </li>
        ))}
        {routes.map(({ kind, namespace, name, gateways, weight, says }) => (
          <li key={`${kind}/${namespace}/${name}`}>
            {kind.toLowerCase()}/{name} -n {namespace} · {gateways.join(", ")} ·{" "}
            {weight === undefined ? "not changed yet" : `canary ${weight} %`}
            {says === undefined ? null : <span class="failure"> {says}</span>}
          </li>
        ))}
      </ul>
    </PagePart>
  );
}
