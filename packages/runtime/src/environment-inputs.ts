import { choice, secret, text } from "./inputs.ts";

/** Inputs of every action that works on one environment; they mean the same in each `action.yml`. */
export const environmentInputs = {
  environment: text({ required: true }),
  "working-directory": text({ default: "." }),
  "config-directory": text({ default: ".deploy" }),
  out: text({ default: "out" }),
  "state-directory": text(),
  journal: choice(["files", "branch"], { default: "files" }),
  "github-token": secret(),
};
