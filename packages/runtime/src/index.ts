export { type ActionContext, type ActionOutcome, type ActionShape, action } from "./action.ts";
export { environmentInputs, workInputs } from "./environment-inputs.ts";
export {
  choice,
  defineInputs,
  flag,
  type InputSpecs,
  type InputValues,
  lines,
  secret,
  secretVariables,
  text,
} from "./inputs.ts";
