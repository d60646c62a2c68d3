/**
 * What became of a field of the source. `carried`: it has the same effect. `differs`: it is carried, or not needed, and the effect
 * is another one. `not`: nothing stands for it. `admin`: an administrator of Serin has to do something.
 */
export type Fate = "carried" | "differs" | "not" | "admin";

/** One sentence about one field. */
export interface Note {
  readonly fate: Fate;
  /** The row of the field table that it is about. Absent: it is about no field. */
  readonly field?: string;
  readonly says: string;
}

/** A note about a field that is carried with another effect. */
export function differs(field: string, says: string): Note {
  return { fate: "differs", field, says };
}

/** A note about a field that nothing stands for. */
export function notCarried(field: string, says: string): Note {
  return { fate: "not", field, says };
}

/** A note for an administrator of Serin. */
export function forAdmin(says: string): Note {
  return { fate: "admin", says };
}

/** Each note once. */
export function distinct(notes: readonly Note[]): readonly Note[] {
  return [...new Map(notes.map((note) => [JSON.stringify(note), note])).values()];
}
