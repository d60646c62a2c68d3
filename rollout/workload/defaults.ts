import * as v from "valibot";
import { list, map } from "../text/stored-json.ts";

/**
 * What a profile and the namespace said when a rollout began, where the Deployment itself said nothing. The Deployment's
 * record has it in flight, and the run record keeps it, so that the plan of then is known after the end.
 */
export const defaultsSchema = list(
  v.object({ from: v.picklist(["profile", "namespace"]), name: v.string(), values: map(v.string()) }),
);
