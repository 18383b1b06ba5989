/** One thing that was looked at. `absent` is missing too, but nothing here needs it. */
export interface Examination {
  what: string;
  state: "ok" | "missing" | "absent";
  found: string;
  /** What to do about it; empty when there is nothing to do. */
  remedy: string;
}
