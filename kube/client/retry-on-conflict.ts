import { isConflict } from "./errors.ts";

interface RetryOptions<T> {
  /** The object, if the caller has read it already; saves the first read. */
  readonly known?: T;
  /** How often the change is tried; 5. */
  readonly attempts?: number;
  /** Whether another writer was faster, so that another read helps; isConflict. */
  readonly isRetried?: (error: unknown) => boolean;
}

/**
 * Changes an object that has other writers as well: reads it, changes it, and repeats both if another writer was faster.
 * Each change must carry the version that was read. Returns the result of `change`. Throws the errors of both functions,
 * and the last conflict if all attempts met one.
 */
export async function retryOnConflict<T, R>(
  read: () => Promise<T>,
  change: (found: T) => Promise<R>,
  { known, attempts = 5, isRetried = isConflict }: RetryOptions<T> = {},
): Promise<R> {
  let found = known ?? (await read());
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change(found);
    } catch (error) {
      if (!isRetried(error) || attempt === attempts) throw error;
    }
    found = await read();
  }
}
