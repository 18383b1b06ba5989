/** Reason codes of `watch` and `recheck`: the code is for programs and never changes; the text may get better. */
export const watchReasonCodes = {
  "watch.quiet": "Nothing was wrong in the time that was watched.",
  "watch.burning": "Errors use up what the objective leaves too fast.",
  "watch.not-due": "No deployment is due for a re-check.",
  "watch.ended-by-request": "A person ended the watch.",
} as const satisfies Record<`watch.${string}`, string>;
