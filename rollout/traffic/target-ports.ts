import * as v from "valibot";
import type { Service, ServicePort } from "../../kube/core/services.ts";
import { HASH_LABEL, HELD } from "../keys.ts";
import { equal } from "../text/equal.ts";
import { type ServiceRecord, serviceRecordOf } from "./service-record.ts";

type Wishes = NonNullable<ServiceRecord["ports"]>;

/** The stored number of a port → the number that the user gives it now. */
export type Renumbered = ReadonlyMap<string, string>;

const manifest = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ spec: v.object({ ports: v.array(v.looseObject({ port: v.number() })) }) }),
);

/** The annotation in which `kubectl apply` keeps the manifest that it applied last. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The Service's ports as the user wants them for the new version, or as these wishes say. */
export function wantedPorts(service: Service, wishes = serviceRecordOf(service)?.ports): ServicePort[] {
  return (service.spec.ports ?? []).map((port) => reachedBy(port, wishes?.[keyOf(port)]));
}

/** Whether the user wants other ports for the new version than the Service has now. */
export function changesPorts(service: Service): boolean {
  return !equal(wantedPorts(service), service.spec.ports ?? []);
}

/** The present way of each port for which the user wants another one. */
export function waysBefore(service: Service): Wishes {
  const wishes = serviceRecordOf(service)?.ports ?? {};
  const changed = (service.spec.ports ?? []).filter((port) => keyOf(port) in wishes);
  return Object.fromEntries(changed.map((port) => [keyOf(port), wayOf(port)]));
}

/** One warning for each port whose new way to the pods waits for the promotion. */
export function portWarnings(service: Service): readonly string[] {
  const wanted = wantedPorts(service);
  return (service.spec.ports ?? []).flatMap((port, i) => {
    const wish = wanted[i];
    if (wish === undefined || equal(wish, port)) return [];
    const [now, then] = [port, wish].map(describe);
    return `Service ${service.metadata.name} keeps ${now} of port ${port.port} for the stable version until the promotion; the canary has ${then} now`;
  });
}

function describe(port: ServicePort): string {
  const { targetPort, appProtocol } = wayOf(port);
  return `targetPort ${targetPort}${appProtocol === undefined ? "" : ` (${appProtocol})`}`;
}

/**
 * The ports to store when a user writes an isolated Service, and what the record keeps of them. A version may listen on
 * another port than the one before, and one apply then changes the template and the Service. The Service selects the stable
 * version until the promotion, so it keeps the way to that version's pods; all else in a port changes at once.
 */
export function heldPorts(
  requested: Service,
  old: Service,
): { readonly ports?: ServicePort[]; readonly wishes?: Wishes; readonly renumbered: Renumbered } {
  const presentOf = formerPorts(requested.spec.ports ?? [], old.spec.ports ?? []);
  const known = knownWishes(requested, old);
  const wishes: Record<string, Wishes[string]> = {};
  const renumbered = new Map<string, string>();
  const ports = requested.spec.ports?.map((port) => {
    const key = keyOf(port);
    const present = presentOf(port);
    if (present === undefined) return port;
    if (present.port !== port.port) renumbered.set(String(present.port), String(port.port));
    const isSame = equal(wayOf(port), wayOf(present));
    const wish = isSame ? (known[key] ?? known[keyOf(present)]) : wayOf(port);
    if (wish !== undefined && !equal(wish, wayOf(present))) wishes[key] = wish;
    return isSame ? port : reachedBy(port, wayOf(present));
  });
  return { ...(ports && { ports }), ...(Object.keys(wishes).length > 0 && { wishes }), renumbered };
}

/**
 * Finds the stored port that a requested one replaces: the same number, or the same name under another number. The only port
 * of a Service may have no name.
 */
function formerPorts(
  requested: readonly ServicePort[],
  stored: readonly ServicePort[],
): (port: ServicePort) => ServicePort | undefined {
  const kept = new Set(requested.map(keyOf));
  const left = stored.filter((port) => !kept.has(keyOf(port)));
  const isOnly = requested.length === 1 && stored.length === 1;
  const isRenumbered = (port: ServicePort, { name, protocol = "TCP", port: number }: ServicePort) =>
    // The API server refuses what is not a number, and says so.
    [number, port.port].every(Number.isSafeInteger) &&
    protocol === (port.protocol ?? "TCP") &&
    (name === port.name || (isOnly && (name === undefined || port.name === undefined)));
  return (port) =>
    stored.find((one) => keyOf(one) === keyOf(port)) ?? left.find((one) => isRenumbered(port, one));
}

/**
 * The wishes that a request keeps if its ports are as stored. An edit of the stored Service keeps all. A manifest that has
 * the stable version's ports wants those.
 */
function knownWishes(requested: Service, old: Service): Wishes {
  const [now, before] = [requested, old].map(({ metadata }) => metadata.annotations ?? {});
  // The API server may ask again with Serin's own answer.
  if (now?.[HELD] !== undefined && now[HELD] !== before?.[HELD])
    return serviceRecordOf(requested)?.ports ?? {};
  if (requested.spec.selector?.[HASH_LABEL] === undefined) return {};
  const known = serviceRecordOf(old)?.ports ?? {};
  const text = now?.[LAST_APPLIED];
  if (text === undefined || text === before?.[LAST_APPLIED]) return known;
  const applied = new Map(portsIn(text).map((port) => [keyOf(port), wayOf(port)]));
  return Object.fromEntries(Object.entries(known).filter(([key, wish]) => equal(applied.get(key), wish)));
}

/** The ports of a manifest as text; none if it is not the manifest of a Service. */
function portsIn(text: string): readonly ServicePort[] {
  const result = v.safeParse(manifest, text);
  return result.success ? (result.output.spec.ports as readonly ServicePort[]) : [];
}

function keyOf({ port, protocol = "TCP" }: ServicePort): string {
  return `${port}/${protocol}`;
}

/** What decides how a gateway reaches the pods through a port. */
function wayOf({ port, targetPort = port, appProtocol }: ServicePort): Wishes[string] {
  return { targetPort, ...(appProtocol !== undefined && { appProtocol }) };
}

function reachedBy(port: ServicePort, way: Wishes[string] | undefined): ServicePort {
  if (way === undefined) return port;
  const { appProtocol: _appProtocol, ...rest } = port;
  const { targetPort, appProtocol } = way;
  return { ...rest, targetPort, ...(appProtocol !== undefined && { appProtocol }) };
}
