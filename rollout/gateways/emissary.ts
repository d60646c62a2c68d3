import type { Gateway } from "./gateway.ts";
import { unknownGateway } from "./unknown.ts";

/** Emissary-ingress knows the first draft of the Gateway API (its documents, 2.x and 3.x). */
export const emissary: Gateway = {
  ...unknownGateway,
  name: "Emissary-ingress",
  controllers: ["getambassador.io"],
  doubts: {},
  refuses: "reads routes of the Gateway API's v1alpha1 only, so it follows none that Serin can write",
};
