import { revision, revisionAndStep } from "./annotation.ts";

/** The annotations that give an order to one revision. Admission removes them from the object. */
export const orders = {
  promote: {
    key: "serin.dev/promote",
    ...revision,
    doc: "Promotes this revision now, whatever the checks say.",
  },
  advance: {
    key: "serin.dev/advance",
    ...revisionAndStep,
    doc: "Leaves this step of this revision now and goes to the next one. A harmful canary is still rolled back, and hooks still count.",
  },
  abort: { key: "serin.dev/abort", ...revision, doc: "Rolls this revision back now." },
  retry: { key: "serin.dev/retry", ...revision, doc: "Starts this failed revision once more." },
} as const;

/** The name of an order. */
export type OrderName = keyof typeof orders;
