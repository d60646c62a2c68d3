import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The heap of this process after a collection, in bytes. */
export function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
