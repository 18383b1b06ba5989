/** Named canaries: the four step lists that are in common use, so that a config can name one. */
export const canaryPresets = {
  /** The default: small first step, half an hour in all. */
  standard: [
    { weight: 5, pause: 600 },
    { weight: 25, pause: 600 },
    { weight: 50, pause: 900 },
    { weight: 100, pause: 0 },
  ],
  /** Three steps, for services with little risk. */
  brief: [
    { weight: 10, pause: 600 },
    { weight: 50, pause: 600 },
    { weight: 100, pause: 0 },
  ],
  /** Doubling steps. */
  even: [
    { weight: 10, pause: 600 },
    { weight: 25, pause: 600 },
    { weight: 50, pause: 600 },
    { weight: 100, pause: 0 },
  ],
  /** Five steps with one more at 75 %, for services where the load matters. */
  careful: [
    { weight: 10, pause: 600 },
    { weight: 25, pause: 600 },
    { weight: 50, pause: 900 },
    { weight: 75, pause: 900 },
    { weight: 100, pause: 0 },
  ],
} as const satisfies Record<string, readonly { weight: number; pause: number }[]>;
export type CanaryPreset = keyof typeof canaryPresets;
export const canaryPresetNames = Object.keys(canaryPresets) as [CanaryPreset, ...CanaryPreset[]];

/** Named maps from branch patterns to environments. */
export const branchPresets = {
  /** develop goes to development, staging to staging, main to production. */
  "development-first": { develop: "development", staging: "staging", main: "production" },
  /** develop goes straight to staging, main to production. */
  "staging-first": { develop: "staging", main: "production" },
} as const satisfies Record<string, Record<string, string>>;
export type BranchPreset = keyof typeof branchPresets;
export const branchPresetNames = Object.keys(branchPresets) as [BranchPreset, ...BranchPreset[]];
