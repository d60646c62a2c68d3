import { isDnsSubdomain } from "../rollout/text/dns.ts";
import { quote } from "../rollout/text/quote.ts";
import { convertRollout } from "./argo/convert.ts";
import { type Conversion, type ConvertOptions, placeOf, type SourceObject } from "./conversion.ts";
import { notesAbout } from "./fields.ts";
import { convertCanary } from "./flagger/convert.ts";
import { alertProviderFields } from "./flagger/template-fields.ts";
import { convertKruise } from "./kruise/convert.ts";
import { TemplateNames } from "./template-names.ts";

/** What every converter gets beside its object. */
interface ConvertContext extends ConvertOptions {
  /** All objects of the source. */
  readonly objects: readonly SourceObject[];
  readonly names: TemplateNames;
}

/** The group and the kind → its converter. */
const CONVERTERS: Readonly<Record<string, (object: SourceObject, context: ConvertContext) => Conversion>> = {
  "flagger.app/Canary": convertCanary,
  "argoproj.io/Rollout": convertRollout,
  "rollouts.kruise.io/Rollout": convertKruise,
  "flagger.app/AlertProvider": (object) => {
    const { name, namespace } = placeOf(object);
    const notes = notesAbout(object, alertProviderFields, []);
    return { source: `alertprovider/${name}`, namespace, name, files: [], notes };
  },
};

/**
 * Converts every rollout among these objects: a Canary of Flagger, a Rollout of Argo Rollouts or of
 * Kruise Rollouts. The other objects serve them. Throws an Error if an object does not have the form of its CRD, or no name that
 * Kubernetes accepts, and if two of them are about one Deployment, or have one name and notes alone.
 */
export function convert(objects: readonly SourceObject[], options: ConvertOptions): readonly Conversion[] {
  const context = { ...options, objects, names: new TemplateNames() };
  const conversions = objects.flatMap((object) => {
    const convertOne = CONVERTERS[`${String(object.apiVersion).split("/")[0]}/${String(object.kind)}`];
    if (convertOne === undefined) return [];
    if (placeOf(object).name === "")
      throw new Error(`${String(object.kind).toLowerCase()}: metadata.name is missing`);
    return [convertOne(object, context)];
  });
  for (const { source, name, namespace = name } of conversions)
    for (const text of [name, namespace])
      if (!isDnsSubdomain(text))
        throw new Error(`${source}: ${quote(text)} is not a valid name: render a chart with helm template`);
  refuseDoubles(conversions);
  return conversions;
}

/** The second one would be written over the first one. */
function refuseDoubles(conversions: readonly Conversion[]): void {
  const first = new Map<string, string>();
  for (const { source, name, namespace, files } of conversions) {
    const about = files.length === 0 ? source : `deployment/${name}`;
    const place = `${about}${namespace === undefined ? "" : ` -n ${namespace}`}`;
    const other = first.get(place);
    if (other !== undefined)
      throw new Error(
        `${other} and ${source} are both for ${place}: convert them one by one, or name their namespaces`,
      );
    first.set(place, source);
  }
}
