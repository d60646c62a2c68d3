import type { Channel } from "../notice/channel.ts";
import { channels } from "../notice/channels/registry.ts";
import type { Moment, Wish } from "../plan/notify.ts";
import type { NotifyConfiguration } from "./configuration.ts";
import { matchesNamespace } from "./patterns.ts";
import type { Receiver } from "./receivers.ts";

/** The Deployment whose rollout is told. */
interface Teller {
  readonly namespace: string;
  /** Its own choice, or that of a profile or its namespace; absent: the administrator's routes. */
  readonly wishes: readonly Wish[] | undefined;
}

/** What the Deployment and the administrator's routes choose together, also receivers that do not exist. */
export function chosenFor(
  { routes }: Pick<NotifyConfiguration, "routes">,
  { namespace, wishes }: Teller,
): readonly Wish[] {
  const routed = (always: boolean) =>
    routes
      .filter((route) => route.always === always && matchesNamespace(route.namespaces, namespace))
      .flatMap((route) => route.receivers)
      .map((receiver): Wish => ({ receiver }));
  return [...routed(true), ...(wishes ?? routed(false))];
}

/** The receivers that hear of this moment, each once. */
export function listenersTo(
  configuration: NotifyConfiguration,
  teller: Teller,
  moment: Moment,
): readonly Receiver[] {
  const chosen = chosenFor(configuration, teller);
  return configuration.receivers.filter(
    (receiver) =>
      servesNamespace(receiver, teller.namespace) &&
      chosen.some((wish) => wish.receiver === receiver.name && hears(receiver, wish, moment)),
  );
}

/** Whether Deployments of that namespace may name the receiver. */
export function servesNamespace({ namespaces }: Receiver, namespace: string): boolean {
  return matchesNamespace(namespaces, namespace);
}

function hears({ type, on }: Receiver, wish: Wish, moment: Moment): boolean {
  const channel: Channel = channels[type];
  if (channel.kind === "event" && channel.closes?.includes(moment)) return true;
  return wish.moment === undefined
    ? on.includes(moment)
    : wish.moment === moment && channel.tells.includes(moment);
}
