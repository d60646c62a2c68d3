import * as v from "valibot";
import type { Service } from "../../kube/core/services.ts";
import { HASH_LABEL, HELD } from "../keys.ts";
import { type ServiceRecord, serviceRecordOf } from "./service-record.ts";
import { LAST_APPLIED, type Renumbered } from "./target-ports.ts";

type Wishes = NonNullable<ServiceRecord["annotations"]>;

/** Its values list ports by number or name. */
const CONTOUR = "projectcontour.io/upstream-protocol.";

/**
 * The beginnings of annotations of a Service by which a gateway knows the protocol that the pods speak. The webhook's condition for
 * Services names them, too.
 */
export const protocolBeginnings: readonly string[] = [
  CONTOUR,
  "cloud.google.com/app-protocols",
  "konghq.com/protocol",
  "traefik.ingress.kubernetes.io/service.serversscheme",
  "traefik.ingress.kubernetes.io/service.serverstransport",
  "haproxy.org/server-proto",
  "haproxy.org/server-ssl",
];

const manifest = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ metadata: v.object({ annotations: v.optional(v.record(v.string(), v.string()), {}) }) }),
);

/** The Service's annotations as the user wants them for the new version. */
export function wantedAnnotations(service: Service): Readonly<Record<string, string>> {
  const all = { ...service.metadata.annotations, ...serviceRecordOf(service)?.annotations };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** What the user wants changed for the new version; null removes an annotation. */
export function protocolWishes(service: Service): Wishes {
  return serviceRecordOf(service)?.annotations ?? {};
}

/** The present value of each annotation that the user wants changed; null: it is not there. */
export function annotationsBefore(service: Service): Wishes {
  const keys = Object.keys(protocolWishes(service));
  return Object.fromEntries(keys.map((key) => [key, service.metadata.annotations?.[key] ?? null]));
}

/** One warning for each annotation that waits for the promotion. */
export function protocolWarnings(service: Service): readonly string[] {
  const present = service.metadata.annotations ?? {};
  return Object.entries(protocolWishes(service)).map(
    ([key, wish]) =>
      `Service ${service.metadata.name} ${present[key] === undefined ? "does not get" : "keeps"} annotation ${key} ` +
      `for the stable version until the promotion; the canary has ${wish === null ? "none" : `"${wish}"`} now`,
  );
}

/**
 * The annotations to store when a user writes an isolated Service, and what the record keeps of them. A release may change the
 * protocol of its pods together with the annotation that names it, and the Service leads to the stable version until the
 * promotion. A new number of a port is in force at once, so a kept annotation names that one.
 */
export function heldAnnotations(
  requested: Service,
  old: Service,
  renumbered: Renumbered,
): { readonly annotations: Readonly<Record<string, string>>; readonly wishes?: Wishes } {
  const [now = {}, before = {}] = [requested, old].map(({ metadata }) => metadata.annotations);
  const known = knownWishes(requested, old);
  const annotations: Record<string, string> = { ...now };
  const wishes: Record<string, string | null> = {};
  for (const key of new Set(Object.keys({ ...now, ...before }).filter(isProtocol))) {
    const present = before[key];
    const kept = present === undefined ? undefined : withNumbers(key, present, renumbered);
    const isSame = now[key] === present || now[key] === kept;
    const wish = isSame && known[key] !== undefined ? known[key] : (now[key] ?? null);
    if (kept === undefined) delete annotations[key];
    else annotations[key] = kept;
    if (wish !== (kept ?? null)) wishes[key] = wish;
  }
  for (const [key, wish] of Object.entries(known)) if (!(key in now) && !(key in before)) wishes[key] = wish;
  return { annotations, ...(Object.keys(wishes).length > 0 && { wishes }) };
}

/** The value of an annotation with the present numbers of the ports that it lists. */
function withNumbers(key: string, value: string, renumbered: Renumbered): string {
  if (!key.startsWith(CONTOUR)) return value;
  return value.replace(/[^,\s]+/g, (port) => renumbered.get(port) ?? port);
}

/** The wishes that a request keeps where its annotations are as stored (see target-ports.ts). */
function knownWishes(requested: Service, old: Service): Wishes {
  const [now, before] = [requested, old].map(({ metadata }) => metadata.annotations ?? {});
  if (now?.[HELD] !== undefined && now[HELD] !== before?.[HELD]) return protocolWishes(requested);
  if (requested.spec.selector?.[HASH_LABEL] === undefined) return {};
  const known = protocolWishes(old);
  const text = now?.[LAST_APPLIED];
  if (text === undefined || text === before?.[LAST_APPLIED]) return known;
  const applied = v.safeParse(manifest, text);
  const wanted = applied.success ? applied.output.metadata.annotations : {};
  return Object.fromEntries(Object.entries(known).filter(([key, wish]) => (wanted[key] ?? null) === wish));
}

function isProtocol(key: string): boolean {
  return protocolBeginnings.some((beginning) => key.startsWith(beginning));
}
