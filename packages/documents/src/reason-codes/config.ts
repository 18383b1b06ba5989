/** Reason codes of `config`: the code is for programs and never changes; the text may get better. */
export const configReasonCodes = {
  "config.unreadable": "The configuration file is missing or cannot be read.",
  "config.not-yaml": "The file is not valid YAML.",
  "config.unknown-key": "A key is not known at this place.",
  "config.missing-key": "A required key is missing.",
  "config.wrong-type": "A value has the wrong type.",
  "config.not-allowed": "A value is outside of what is allowed.",
  "config.unit-missing": "A number has no unit where the unit decides its meaning.",
  "config.unit-wrong": "A value has a unit that does not fit.",
  "config.unknown-service": "A service is named that the project does not have.",
  "config.unknown-environment": "An environment is named that the repository does not have.",
  "config.dependency-cycle": "Services depend on one another in a circle.",
  "config.contradiction": "Two values of the configuration do not fit together.",
  "config.no-effect": "A value of the configuration has no effect here.",
  "config.input-invalid": "An input of the action or an option of the command is missing or invalid.",
} as const satisfies Record<`config.${string}`, string>;
