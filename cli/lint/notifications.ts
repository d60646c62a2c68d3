import { NOTIFICATIONS, parseNotifications } from "../../rollout/notify/configuration.ts";
import type { Finding } from "./finding.ts";
import type { Manifest } from "./manifests.ts";

/** Checks the receivers of notices, and their `$key`s if the Secret is among the files. */
export function aboutNotifications(
  { file, kind, name }: Manifest,
  data: Readonly<Record<string, string>>,
  all: readonly Manifest[],
): readonly Finding[] {
  const where = `${file}: ${kind.toLowerCase()}/${name}`;
  const secret = all.find((one) => one.kind === "Secret" && one.name === NOTIFICATIONS);
  const { receivers, complaints } = parseNotifications(data, secret && valuesOf(secret));
  if (complaints.length === 0) {
    const says = receivers.map((receiver) => `${receiver.name} (${receiver.type})`).join(", ");
    return [{ kind: "good", where, says: receivers.length === 0 ? "no receivers" : `receivers ${says}` }];
  }
  // The place of a complaint begins with the ConfigMap, which `where` names.
  const prefix = `ConfigMap ${NOTIFICATIONS}: `;
  return complaints.map((says) => ({
    kind: "bad",
    where,
    says: says.startsWith(prefix) ? says.slice(prefix.length) : says,
  }));
}

function valuesOf({ object }: Manifest): Record<string, string> {
  const { data, stringData } = object as { data?: object; stringData?: object };
  const encoded = Object.entries(data ?? {}).map(([key, text]) => [
    key,
    Buffer.from(String(text), "base64").toString(),
  ]);
  const plain = Object.entries(stringData ?? {}).map(([key, text]) => [key, String(text)]);
  return Object.fromEntries([...encoded, ...plain]);
}
