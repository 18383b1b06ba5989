import { type Detector, example } from "../detector.ts";
import { isPlaceholder } from "../placeholder.ts";
import { isBasicLogin } from "./credentials.ts";

/** Login files of Docker and Kubernetes, and the secret stores around them. */
export const containers: readonly Detector[] = [
  {
    id: "docker-auth",
    title: "Registry login in a Docker configuration",
    severity: "high",
    keywords: ['"auth"', "'auth'", "auth:"],
    pattern: /["']?auth["']?\s{0,4}:\s{0,4}["']?(?<secret>[A-Za-z0-9+/]{8,500}={0,2})["']?/g,
    accepts: ({ value }) => isBasicLogin(value),
    revoke:
      "Revoke the token or change the password of the registry account, then `docker logout` and log in again.",
    examples: {
      finds: [example('{"auths": {"registry.corp.io": {"au¦th": "YWRhOmhUNGtCOG1Rekw="}}}')],
      ignores: ['"auth": "dXNlcjpwYXNzd29yZA=="', '"auth": "required"', "auth: false"],
    },
  },
  {
    id: "kubernetes-secret",
    title: "Value in a Kubernetes Secret manifest",
    severity: "high",
    keywords: ["kind: secret", '"kind": "secret"', '"kind":"secret"'],
    pattern:
      /^[ \t]*["']?(?<key>[\w.-]{1,120})["']?:[ \t]*["']?(?<secret>[A-Za-z0-9+/]{8,8000}={0,2})["']?,?[ \t]*\r?$/gm,
    reach: { before: 2500, after: 5000, acrossLines: true },
    accepts: ({ value, groups }) => isSecretValue(groups.key!, value),
    revoke: "Change the value at its source; keep only sealed or external secrets in the repository.",
    examples: {
      finds: [
        example(
          "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: ¦aFQ0a0I4bVF6THJW\n",
        ),
        example("kind: Secret\ndata:\n  api-key: ¦M2YyYTljODFkMDRiZTc1ZjZhOWMyZThiMTdkMzA1NGY=\n"),
      ],
      ignores: [
        "kind: Secret\nmetadata:\n  name: database\n  namespace: production\ntype: Opaque\n",
        "kind: Secret\ndata:\n  password: Y2hhbmdlbWU=\n",
      ],
    },
  },
  {
    id: "kubeconfig",
    title: "Credentials in a kubeconfig",
    severity: "critical",
    keywords: ["client-key-data"],
    pattern: /client-key-data["']?:\s{0,4}["']?(?<secret>[A-Za-z0-9+/=]{60,8000})/g,
    reach: { before: 0, after: 8200 },
    entropy: 4,
    revoke:
      "Client certificates cannot be revoked one by one: remove the bindings of the user, or rotate the cluster's CA.",
    examples: {
      finds: [
        example(
          "    client-key-data: ¦LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFdlFJQkFEQU5CZ2txaGtpRzl3MEJBUUVG",
        ),
      ],
      ignores: ["client-key-data: REDACTED", "client-key-data: DATA+OMITTED"],
    },
  },
  {
    id: "vault-token",
    title: "HashiCorp Vault token",
    severity: "critical",
    keywords: ["hvs.", "hvb.", "hvr."],
    pattern: /(?<![A-Za-z0-9])hv[sbr]\.[\w-]{24,300}(?![\w-])/g,
    entropy: 3.8,
    accepts: ({ value }) => /\d/.test(value) && /[A-Z]/.test(value),
    hasPublicPrefix: true,
    revoke: "vault token revoke <token>, and look through the audit log.",
    examples: {
      finds: [
        example(
          "VAULT_TOKEN=hvs.¦CAESIhT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu1",
        ),
      ],
      ignores: ["hvs.this_is_only_a_name_of_something", "hvs.short"],
    },
  },
  {
    id: "base64-private-key",
    title: "Private key, wrapped in base64",
    severity: "critical",
    keywords: ["ls0tls1crudjt"],
    pattern: /(?<![A-Za-z0-9+/])(?<secret>LS0tLS1CRUdJTi[A-Za-z0-9+/=]{80,8000})/g,
    reach: { before: 0, after: 8200 },
    accepts: ({ value }) => {
      const head = value.slice(0, 64);
      return (
        /PRIVATE KEY/.test(atob(head.slice(0, head.length - (head.length % 4)))) &&
        !isPlaceholder(value.slice(64, 120))
      );
    },
    revoke: "Make a new key pair and replace the public key wherever it is trusted.",
    examples: {
      finds: [
        example(
          "KEY=LS0t¦LS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFdlFJQkFEQU5CZ2txaGtpRzl3MEJBUUVGQUFTQ0JLY3dnZ1NqQWdFQUFvSUJBUUM3aFQ0a0I4bVF6THJWMm5ZeFc2Y0pmUGQwc0d1QWVJbzM",
        ),
      ],
      ignores: [
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUV2UUlCQURBTkJna3Foa2lHOXcwQkFRRUZBQVNDQktjd2dnU2pBZ0VBQW9JQkFRQzdoVDRr",
      ],
    },
  },
];

const notData =
  /^(?:name|namespace|kind|apiVersion|type|app|version|release|chart|heritage|component|uid|resourceVersion)$/i;

function isSecretValue(key: string, value: string): boolean {
  if (notData.test(key) || value.length % 4 !== 0) return false;
  try {
    const plain = atob(value);
    const isText = /^[\t\n\r -~]*$/.test(plain);
    // A short value that does not decode to text is a word that merely looks like base64.
    return isText ? plain.trim().length >= 6 && !isPlaceholder(plain.trim()) : value.length >= 40;
  } catch {
    return false;
  }
}
