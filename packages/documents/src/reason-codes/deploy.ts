/** Reason codes of `deploy`: the code is for programs and never changes; the text may get better. */
export const deployReasonCodes = {
  "deploy.promoted": "The new version has all of the traffic.",
  "deploy.no-release":
    "There is no release that could be deployed: `build` did not run, or made another version.",
  "deploy.unchanged": "The environment already runs this version.",
  "deploy.unhealthy": "The new version never became healthy.",
  "deploy.crashed": "The new version died.",
  "deploy.port-in-use": "A port that the service needs is taken by another process.",
  "deploy.rolled-back": "The release was bad; all traffic is on the old version again.",
  "deploy.held": "The rollout waits for a person.",
  "deploy.inconclusive": "There was not enough traffic to decide.",
  "deploy.target-lost": "The target cannot be reached.",
  "deploy.unknown-version": "The named version does not run in this environment.",
  "deploy.has-traffic": "A version that has traffic cannot be removed.",
  "deploy.weights-invalid": "The shares of the traffic do not add up, or cannot be given.",
  "deploy.artifact-unusable": "The artifact is missing, damaged or not of the kind that the target runs.",
  "deploy.state-unwritable": "The target cannot write its state; nothing was changed.",
  "deploy.digest-differs": "The environment already has this version, made of something else.",
  "deploy.configuration-differs": "The environment already has this version, in another configuration.",
  "deploy.test-failed": "A test before the switch failed; the new version never had traffic.",
  "deploy.check-failed": "A check after a step of the rollout failed.",
  "deploy.aborted": "A person asked for the old version back.",
  "deploy.routing-refused":
    "The traffic router cannot send testers, copy requests or keep users as it was asked to.",
  "deploy.partner-failed":
    "Another service of the release, which takes its canary steps together with this one, had to go back.",
  "deploy.superseded": "The rollout was ended because another release took its place.",
  "deploy.cancelled": "The rollout was cancelled; all traffic is on the old version again.",
  "deploy.tried-again": "This release was rolled back before; it is tried again as it is.",
} as const satisfies Record<`deploy.${string}`, string>;
