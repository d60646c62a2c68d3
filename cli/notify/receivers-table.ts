import type { NotifyConfiguration } from "../../rollout/notify/configuration.ts";
import type { Receiver } from "../../rollout/notify/receivers.ts";
import { formatTable } from "../frame/table.ts";

/** The receivers, a line each. Of an address it shows the host only, because the rest may be a secret. */
export function receiversTable({ receivers, routes }: NotifyConfiguration): readonly string[] {
  const routesTo = ({ name }: Receiver) => {
    const own = routes.filter((route) => route.receivers.includes(name));
    const words = own.map(
      ({ always, namespaces = ["*"] }) => `${namespaces.join(" ")}${always ? " (always)" : ""}`,
    );
    return words.length === 0 ? "by name only" : words.join(", ");
  };
  const rows = receivers.map((receiver) => [
    receiver.name,
    receiver.type,
    receiver.on.join(","),
    (receiver.namespaces ?? ["*"]).join(" "),
    routesTo(receiver),
    addressOf(receiver),
  ]);
  return formatTable([["NAME", "TYPE", "ON", "NAMESPACES", "ROUTES", "ADDRESS"], ...rows]);
}

function addressOf({ settings: { url = "" } }: Receiver): string {
  if (url.startsWith("$")) return url;
  return URL.canParse(url) ? new URL(url).host : "";
}
