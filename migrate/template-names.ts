import { parseChecks } from "../rollout/plan/checks.ts";
import { isDnsLabel } from "../rollout/text/dns.ts";
import { equal } from "../rollout/text/equal.ts";

/** The data of a metric template's ConfigMap. */
export type TemplateData = Readonly<Record<string, string>>;

/** Names for metric templates: the same data has one name in all applications, and no two templates share a name. */
export class TemplateNames {
  readonly #taken = new Map<string, TemplateData>();

  /** The name for this data, which resembles `wanted`. */
  nameFor(wanted: string, data: TemplateData): string {
    const base = validName(wanted);
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? base : `${base}-${number}`;
      const owner = this.#taken.get(name);
      if (owner !== undefined && !equal(owner, data)) continue;
      this.#taken.set(name, data);
      return name;
    }
  }
}

/** A name of a ConfigMap that no built-in metric of Serin has or resembles. */
function validName(wanted: string): string {
  const plain = wanted
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 50);
  const label = isDnsLabel(plain) ? plain : "metric";
  return isTemplate(label) ? label : `metric-${label}`;
}

function isTemplate(name: string): boolean {
  const parsed = parseChecks(`${name} <= 1`);
  return "value" in parsed && parsed.value[0]?.metric === "template";
}
