import { convertRollout } from "./argo/convert.ts";
import { type Conversion, type ConvertOptions, placeOf, type SourceObject } from "./conversion.ts";
import { notesAbout } from "./fields.ts";
import { convertCanary } from "./flagger/convert.ts";
import { alertProviderFields } from "./flagger/fields.ts";
import { convertKruise } from "./kruise/convert.ts";
import { TemplateNames } from "./template-names.ts";

/**
 * Converts every rollout among these objects: a Canary of Flagger, a Rollout of Argo Rollouts or of
 * Kruise Rollouts. The other objects serve them. Throws an Error if an object does
 * not have the form of its CRD.
 */
export function convert(objects: readonly SourceObject[], options: ConvertOptions): readonly Conversion[] {
  const names = new TemplateNames();
  return objects.flatMap((object): readonly Conversion[] => {
    switch (kindOf(object)) {
      case "flagger.app/Canary":
        return [convertCanary(object, { ...options, objects, names })];
      case "argoproj.io/Rollout":
        return [convertRollout(object, { ...options, objects, names })];
      case "rollouts.kruise.io/Rollout":
        return [convertKruise(object, options)];
      case "flagger.app/AlertProvider": {
        const { name, namespace } = placeOf(object);
        const notes = notesAbout(object, alertProviderFields, []);
        return [{ source: `alertprovider/${name}`, namespace, name, files: [], notes }];
      }
      default:
        return [];
    }
  });
}

/** The group and the kind: `flagger.app/Canary`. */
function kindOf({ apiVersion, kind }: SourceObject): string {
  return `${String(apiVersion).split("/")[0]}/${String(kind)}`;
}
