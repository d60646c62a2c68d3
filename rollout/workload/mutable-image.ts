import type { PodTemplate } from "../../kube/core/workloads.ts";
import { isRecord } from "../text/parse.ts";

/** Warns that a restart may start other code: the image's tag may name another image by now, and each new pod pulls it. */
export function mutableImageWarnings({ spec }: PodTemplate): readonly string[] {
  const { containers = [], initContainers = [] } = spec ?? {};
  const all: readonly unknown[] = [
    ...(Array.isArray(initContainers) ? initContainers : []),
    ...(Array.isArray(containers) ? containers : []),
  ];
  const images = all.filter(isRecord).flatMap(({ image, imagePullPolicy }) => {
    if (typeof image !== "string") return [];
    return isMutable(image, imagePullPolicy) ? [image] : [];
  });
  if (images.length === 0) return [];
  const named = [...new Set(images)].join(", ");
  return [
    `this restart is native and has no canary, but its pods pull the image again and may run new code: ${named}; give each release its own tag or a digest, or set serin.dev/restart: canary`,
  ];
}

/** Whether each new pod pulls what the image's name means then. */
function isMutable(image: string, pullPolicy: unknown): boolean {
  if (image.includes("@")) return false;
  const [, tag = "latest"] = image.slice(image.lastIndexOf("/") + 1).split(":");
  return pullPolicy === undefined ? tag === "latest" : pullPolicy === "Always";
}
