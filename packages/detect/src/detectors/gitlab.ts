import { type Detector, example } from "../detector.ts";

/** https://docs.gitlab.com/security/tokens/#token-prefixes */
export const gitlab: readonly Detector[] = [
  {
    id: "gitlab-token",
    title: "GitLab token",
    severity: "critical",
    keywords: [
      "glpat-",
      "gldt-",
      "glrt-",
      "glrtr-",
      "glcbt-",
      "glptt-",
      "glft-",
      "glimt-",
      "glagent-",
      "gloas-",
      "glsoat-",
      "glffct-",
      "glwt-",
    ],
    pattern:
      /(?<![A-Za-z0-9])gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-(?:[\w-]{27,300}\.[0-9a-z]{2}\.[0-9a-z]{9}|(?:[0-9a-f]{1,5}_)?[\w-]{20,64}(?![\w-]))/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke:
      "Revoke the token under Preferences, Access tokens (or Settings, CI/CD) and look through the audit events.",
    examples: {
      finds: [
        example("GITLAB_TOKEN=glpat-¦hT4kB8mQzLrV2nYxW6cJ"),
        example("glrt-¦t1_Q9zLrV2nYxW6cJfPd0sG"),
        example("glpat-¦dGhpc2lzYXRva2VuZm9yYXRlc3QxMjM0NTY.01.0z1a2b3c4"),
      ],
      ignores: ["glpat-xxxxxxxxxxxxxxxxxxxx", "glpat-short"],
    },
  },
  {
    id: "gitlab-runner-registration-token",
    title: "GitLab runner registration token",
    severity: "high",
    keywords: ["gr1348941"],
    pattern: /(?<![A-Za-z0-9])GR1348941[\w-]{20}(?![\w-])/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Reset the registration token under Settings, CI/CD, Runners.",
    examples: { finds: [example("GR1348941¦hT4kB8mQzLrV2nYxW6cJ")], ignores: ["GR1348941"] },
  },
];
