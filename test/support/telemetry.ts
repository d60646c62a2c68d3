import { Registry } from "@prometheus-io/client";
import { Telemetry } from "../../controller/telemetry/telemetry.ts";
import type { Clock } from "../../kube/core/clock.ts";
import { FakeClock } from "./clock.ts";

/** A controller's metrics in a registry of their own. */
export function aTelemetry(
  clock: Pick<Clock, "now"> = new FakeClock(),
  registry = new Registry(),
  given: { readonly labels?: "deployment" | "namespace"; readonly flagger?: boolean } = {},
): Telemetry {
  return new Telemetry({ registry, clock, labels: "deployment", flagger: false, ...given });
}
