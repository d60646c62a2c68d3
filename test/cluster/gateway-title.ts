import { readFileSync } from "node:fs";
import type { GatewayName } from "./gateways.ts";

const modes = { "envoy-gateway": "as installed", "envoy-gateway-merged": "with mergeBackends" } as const;

/** A gateway of the tests for people: its implementation and version, and how it is installed if that matters. */
export function titleOf(gateway: GatewayName): string {
  switch (gateway) {
    case "traefik":
      return `Traefik ${versionIn("versions.env", /^TRAEFIK=(.+)$/m)}`;
    case "istio":
      // The Go module proxy serves no release of it.
      return `Istio main of ${versionIn("istio/go.mod", /istio\.io\/istio v0\.0\.0-([0-9]{8})/).replace(/(....)(..)/, "$1-$2-")}`;
    case "contour":
      return `Contour ${versionIn("contour/go.mod", /projectcontour\/contour v([\d.]+)/)}`;
    default:
      return `Envoy Gateway ${versionIn("envoy-gateway/go.mod", /envoyproxy\/gateway v([\d.]+)/)}, ${modes[gateway]}`;
  }
}

function versionIn(file: string, pattern: RegExp): string {
  const text = readFileSync(new URL(`tools/${file}`, import.meta.url), "utf8");
  return pattern.exec(text)?.[1] ?? "";
}
