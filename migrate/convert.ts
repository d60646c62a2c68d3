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
 * Kruise Rollouts. The other objects serve them. Throws an Error if an object does
 * not have the form of its CRD, or no name.
 */
export function convert(objects: readonly SourceObject[], options: ConvertOptions): readonly Conversion[] {
  const context = { ...options, objects, names: new TemplateNames() };
  return objects.flatMap((object) => {
    const convertOne = CONVERTERS[`${String(object.apiVersion).split("/")[0]}/${String(object.kind)}`];
    if (convertOne === undefined) return [];
    if (placeOf(object).name === "")
      throw new Error(`${String(object.kind).toLowerCase()}: metadata.name is missing`);
    return [convertOne(object, context)];
  });
}
