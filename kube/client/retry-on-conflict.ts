import { isConflict } from "./errors.ts";

interface RetryOptions<T> {
  /** What was read already; saves the first read. */
  readonly known?: T;
  /** How often the change is tried; 5. */
  readonly attempts?: number;
  /** Whether somebody else was faster, so that reading again helps; isConflict. */
  readonly isRetried?: (error: unknown) => boolean;
}

/**
 * Changes what others change as well: reads, changes what was read, and does both again when somebody else was faster. Each
 * change must carry the version that it was decided on. Returns what `change` returns; throws what both throw, and the
 * last conflict when all attempts met one.
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
