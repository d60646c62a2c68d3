import type { Service } from "../../kube/core/services.ts";
import { isCopied } from "./copied-keys.ts";

const OWN = "serin.dev/";

/**
 * A Service without what Serin neither reads nor copies to a canary Service: managedFields, and the annotations of the programs
 * that applied it, which are often its longest part.
 */
export function leanService(service: Service): Service {
  const { managedFields: _managedFields, annotations, ...metadata } = service.metadata;
  if (annotations === undefined) return { ...service, metadata };
  const kept = Object.entries(annotations).filter(
    ([key, text]) => key.startsWith(OWN) || isCopied(key, text),
  );
  return { ...service, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}
