import { type Detector, example } from "../detector.ts";

const revoke =
  "Deactivate the access key in IAM (aws iam update-access-key --status Inactive), look through CloudTrail for its use, then delete it; prefer short-lived credentials by OIDC.";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
export const aws: readonly Detector[] = [
  {
    id: "aws-access-key-id",
    title: "AWS access key id",
    severity: "high",
    keywords: ["akia", "asia", "abia", "acca"],
    pattern: /(?<![A-Za-z0-9+/=])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9+/=])/g,
    entropy: 3,
    hasPublicPrefix: true,
    revoke,
    examples: {
      finds: [example("aws_access_key_id = AKIA¦QYLPMN5HHHFPZAM2"), example('key: "ASIA¦Y34FZKBOKMUTVV7A"')],
      ignores: [example("AKIA¦IOSFODNN7EXAMPLE"), "ASIATICLIONSANDTIGERSAREBIG", "AKIA2222222222222222"],
    },
  },
  {
    id: "aws-secret-access-key",
    title: "AWS secret access key",
    severity: "critical",
    keywords: ["aws", "secretaccesskey", "secret_access_key", "secret-access-key", "secret_key", "secretkey"],
    pattern:
      /(?:aws|amazon|s3|secret)[\w.-]{0,30}(?:secret|key)[\w.-]{0,20}["'`]?\s{0,8}(?:=>|:=|[:=,]|\s)\s{0,8}["'`]?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    entropy: 4,
    accepts: ({ value }) => /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d|[+/]/.test(value),
    revoke,
    examples: {
      finds: [
        example("aws_secret_access_key = wJalr¦XUtnFEMIbK7MDENGzbPxRfiCYqWErTyUiOp"),
        example('{"secretAccessKey": "9drTJ¦vcXLB89EXAMzLB8923FB892xMFkb5TPq4K+"}'),
        example("AWS_SECRET_KEY: 'hT4kB¦8mQz/LrV2nYxW+6cJfPd0sGuAeIo3R7tMvN'"),
      ],
      ignores: [
        example("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "aws secret key sha1 = 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
      ],
    },
  },
  {
    id: "aws-session-token",
    title: "AWS session token",
    severity: "high",
    keywords: ["session_token", "sessiontoken", "session-token"],
    pattern:
      /session[_-]?token["'`]?\s{0,4}[:=]\s{0,4}["'`]?(?<secret>(?:FwoGZX|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{80,2000})/gi,
    reach: { after: 2200 },
    hasPublicPrefix: true,
    revoke:
      "Revoke the sessions of the role in IAM (Revoke active sessions); the token itself expires within hours.",
    examples: {
      finds: [
        example(
          "aws_session_token=IQoJb3JpZ2lu¦X2VjEJr2R7tMvNhT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89",
        ),
      ],
      ignores: [
        "aws_session_token=IQoJb3JpZ2lu",
        `AWS_SESSION_TOKEN: \${{ steps.aws.outputs.session-token }}`,
      ],
    },
  },
  {
    id: "aws-bedrock-api-key",
    title: "Amazon Bedrock API key",
    severity: "critical",
    keywords: ["absk"],
    pattern: /(?<![A-Za-z0-9+/])ABSK[A-Za-z0-9+/]{100,260}={0,2}/g,
    entropy: 4,
    hasPublicPrefix: true,
    revoke: "Delete the service-specific credential of the IAM user that the key belongs to.",
    examples: {
      finds: [
        example(
          "ABSK¦QmVkcm9ja0FQSUtleS1hYmNkLWF0LTEyMzQ1Njc4OTAxMjpUekRvM2ZTM0k0bnhWcGQyR0h5RWw0dFdtS2NRTkhMdlg5dE1oSWJZVkJzTzZqd0E9",
        ),
      ],
      ignores: ["ABSKQmVk", "taskABSK".repeat(2)],
    },
  },
];
