import { choice, secret, secretVariables, text } from "./inputs.ts";

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

/** Inputs of every action that works with what is deployed there: it may need the secrets of the services. */
export const workInputs = { ...environmentInputs, secrets: secretVariables() };
