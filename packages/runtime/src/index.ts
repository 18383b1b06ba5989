export { type Action, type ActionContext, type ActionOutcome, action } from "./action.ts";
export {
  choice,
  defineInputs,
  flag,
  type InputSpecs,
  type InputValues,
  lines,
  secret,
  text,
} from "./inputs.ts";
export { environmentInputs } from "./environment-inputs.ts";
