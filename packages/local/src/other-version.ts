import { Refusal } from "@sluice/documents";

/**
 * The host of an environment outlives the program that started it, so it may be older or newer than who calls it.
 *
 * @param what what it does not know
 */
export const otherVersion = (what: string): Refusal =>
  new Refusal({
    reasonCode: "deploy.target-lost",
    message: `The host of the environment does not know ${what}: it was started by another version of Sluice.`,
    remedy: "Run `sluice stop`, which keeps the state, and the command again.",
  });
