import type { Conversion, SourceObject } from "../../../migrate/conversion.ts";
import { convert } from "../../../migrate/convert.ts";
import type { Fate } from "../../../migrate/note.ts";

/** A Canary of `shop` with this spec beside its target. */
export function canary(spec: object, metadata: object = {}): SourceObject {
  return {
    apiVersion: "flagger.app/v1beta1",
    kind: "Canary",
    metadata: { name: "web", namespace: "shop", ...metadata },
    spec: {
      targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      service: { port: 80 },
      ...spec,
    },
  };
}

/** A MetricTemplate of `shop`. */
export function metricTemplateObject(
  name: string,
  query: string,
  provider: object = { type: "prometheus" },
): SourceObject {
  return {
    apiVersion: "flagger.app/v1beta1",
    kind: "MetricTemplate",
    metadata: { name, namespace: "shop" },
    spec: { provider, query },
  };
}

/** The conversion of the first rollout among the objects. */
export function converted(objects: readonly SourceObject[], sameVerdicts = false): Conversion {
  const [first] = convert(objects, { sameVerdicts });
  if (first === undefined) throw new Error("nothing was converted");
  return first;
}

/** The annotations of the Deployment. */
export function annotationsOf({ files }: Conversion): Readonly<Record<string, string>> {
  const deployment = files.flatMap(({ objects }) => objects).find(({ kind }) => kind === "Deployment");
  return deployment?.metadata.annotations ?? {};
}

/** The objects of one file. */
export function fileOf({ files }: Conversion, name: string): readonly object[] {
  return files.find((file) => file.name === name)?.objects ?? [];
}

/** The sentences of one fate, each after its field. */
export function saidOf({ notes }: Conversion, fate: Fate): readonly string[] {
  return notes.filter((note) => note.fate === fate).map(({ field = "", says }) => `${field}: ${says}`);
}
