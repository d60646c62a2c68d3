import { ProviderError } from "./provider.ts";

/** What an answer of the Prometheus API says about its completeness. */
export interface Completeness {
  /** Thanos and remote reads name the stores here that did not answer, Mimir a limit that cut the result. */
  readonly warnings?: readonly string[];
  /** VictoriaMetrics says so in a cluster. */
  readonly isPartial?: boolean;
}

/** Hints about the query itself, which is answered whole. */
const HINT = /^PromQL |^\d+ more (warning |info )?annotations omitted$/;
/** The most characters of a warning that Serin repeats. */
const LONGEST = 200;

/** Throws a ProviderError if the answer holds a part of the data only: what is missing would look like no requests. */
export function demandWhole({ warnings = [], isPartial = false }: Completeness): void {
  const warning = warnings.find((text) => !HINT.test(text));
  if (warning === undefined && !isPartial) return;
  const why = warning === undefined ? "" : `: ${warning.slice(0, LONGEST)}`;
  throw new ProviderError(`answers with a part of the data only${why}`);
}
