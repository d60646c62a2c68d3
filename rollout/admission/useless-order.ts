import type { OrderName } from "../plan/orders.ts";
import type { HoldRecord } from "../workload/hold-record.ts";

/** What an order is about. */
interface Subject {
  /** The revision of the Deployment's template. */
  readonly revision: string;
  /** The command that goes back to the stable version. */
  readonly undo: string;
}

/** Why an order changes nothing: `done` says that it is carried out already, `refusal` says what would do instead. */
type Useless = { readonly done: string } | { readonly refusal: string };

/** Why this order changes nothing about the rollout in flight; `undefined`: it counts. */
export function uselessIn(
  { phase, asked, latched }: HoldRecord,
  order: OrderName,
  { revision, undo }: Subject,
): Useless | undefined {
  switch (phase) {
    case "canary":
      // Of two people, the one who goes back wins. Behind the latch an abort may wait, and a promotion is the way out.
      if (asked === "abort" && !latched && order !== "abort")
        return {
          refusal: `revision ${revision} is being rolled back on request; serin.dev/retry=${revision} starts its canary again after that`,
        };
      return order === "retry"
        ? { refusal: `revision ${revision} has not failed; serin.dev/abort=${revision} goes back` }
        : undefined;
    case "failed":
      if (order === "retry") return undefined;
      return order === "abort"
        ? { done: `revision ${revision} is rolled back already` }
        : { refusal: `revision ${revision} has failed; serin.dev/retry=${revision} starts its canary again` };
    case "promoting":
      return order === "promote" || order === "advance"
        ? { done: `revision ${revision} is being promoted already` }
        : {
            refusal: `revision ${revision} is proven and being promoted; ${undo} goes back`,
          };
    case "undone":
      return order === "abort"
        ? { done: "the stable version is back already" }
        : { refusal: "the stable version is back; apply the other template again for another canary" };
    default:
      return phase satisfies never;
  }
}
