import { type Detector, example } from "../detector.ts";

const pemBody = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3";

/** Private keys and signed tokens in the formats of RFC 7468, RFC 7519, PuTTY and age. */
export const keys: readonly Detector[] = [
  {
    id: "private-key",
    title: "Private key",
    severity: "critical",
    keywords: ["-----begin"],
    pattern:
      /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|SSH2 ENCRYPTED|ANY) )?PRIVATE KEY(?: BLOCK)?-----(?<secret>(?:(?!-----)(?:\\[nr]|["'+,\s>#*]|[A-Za-z0-9+/=:.-]|(?:Proc-Type|DEK-Info|Version|Comment): [^\n\r]{0,80})){64,8000})-----END/g,
    reach: { before: 0, after: 8200, acrossLines: true },
    accepts: ({ value }) => {
      const body = value.replace(/\\[nr]|[^A-Za-z0-9+/=]/g, "");
      return body.length >= 60 && new Set(body).size >= 16;
    },
    revoke:
      "Make a new key pair, replace the public key wherever it is trusted, and revoke certificates made with it.",
    examples: {
      finds: [
        example(`-----BEGIN RSA PRIVATE ¦KEY-----\n${pemBody}\n${pemBody}\n-----END RSA PRIVATE ¦KEY-----`),
        example(
          `key: |\n    -----BEGIN OPENSSH PRIVATE ¦KEY-----\n    ${pemBody}\n    -----END OPENSSH PRIVATE ¦KEY-----`,
        ),
        example(`"-----BEGIN EC PRIVATE ¦KEY-----\\n${pemBody}\\n-----END EC PRIVATE ¦KEY-----"`),
      ],
      ignores: [
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        `-----BEGIN CERTIFICATE-----\n${pemBody}\n-----END CERTIFICATE-----`,
        `-----BEGIN PRIVATE KEY-----\n${"x".repeat(70)}\n-----END PRIVATE KEY-----`,
      ],
    },
  },
  {
    id: "pgp-private-key",
    title: "PGP private key",
    severity: "critical",
    keywords: ["-----begin pgp private"],
    pattern: /-----BEGIN PGP PRIVATE KEY BLOCK-----(?<secret>(?:(?!-----)[\s\S]){64,7900})-----END/g,
    reach: { before: 0, after: 8200, acrossLines: true },
    entropy: 4.5,
    revoke: "Publish a revocation certificate and make a new key.",
    examples: {
      finds: [
        example(
          `-----BEGIN PGP PRIVATE ¦KEY BLOCK-----\n\n${pemBody}\n${pemBody}\n-----END PGP PRIVATE ¦KEY BLOCK-----`,
        ),
      ],
      ignores: ["-----BEGIN PGP PRIVATE KEY BLOCK-----\n-----END PGP PRIVATE KEY BLOCK-----"],
    },
  },
  {
    id: "putty-private-key",
    title: "PuTTY private key",
    severity: "critical",
    keywords: ["putty-user-key-file-"],
    pattern:
      /PuTTY-User-Key-File-\d:(?:(?!PuTTY-User|Private-Lines)[\s\S]){20,4000}Private-Lines: \d+\s+(?<secret>[A-Za-z0-9+/=\s]{40,4000})/g,
    reach: { before: 0, after: 8200, acrossLines: true },
    revoke: "Make a new key pair and replace the public key wherever it is trusted.",
    examples: {
      finds: [
        example(
          `PuTTY-User-¦Key-File-2: ssh-rsa\nEncryption: none\nComment: k\nPublic-Lines: 1\n${pemBody}\nPrivate-Lines: 1\n${pemBody}\n`,
        ),
      ],
      ignores: ["PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 6\n"],
    },
  },
  {
    id: "age-secret-key",
    title: "age secret key",
    severity: "critical",
    keywords: ["age-secret-key-"],
    pattern: /(?<![A-Z0-9])AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{58}(?![A-Z0-9])/gi,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Make a new identity and encrypt again everything that was encrypted to the old recipient.",
    examples: {
      finds: [example("AGE-SECRET-¦KEY-1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQSPZRY9")],
      ignores: [`AGE-SECRET-KEY-1${"Q".repeat(58)}`],
    },
  },
  {
    id: "jwt",
    title: "JSON Web Token",
    severity: "medium",
    keywords: ["eyj"],
    pattern: /(?<![A-Za-z0-9_-])(?<secret>eyJ[\w-]{10,1000}\.eyJ[\w-]{10,3000}\.[\w-]{20,1000})(?![\w-])/g,
    reach: { after: 5100 },
    accepts: ({ value }) => isSignedToken(value),
    revoke:
      "End the session or revoke the grant it belongs to; rotate the signing key if it was made by hand.",
    examples: {
      finds: [
        example(
          "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.¦eyJzdWIiOiI4NzE5NDMiLCJuYW1lIjoiQWRhIiwiaWF0IjoxNzYwMDAwMDAwfQ.hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJ",
        ),
      ],
      ignores: [
        // The token of the introduction at jwt.io, in every second README.
        example(
          "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        ),
        "eyJub3QiOiJhIHRva2VuIn0.eyJ4IjoxfQ.short",
      ],
    },
  },
];

/** Whether the three parts are a header with an algorithm, claims, and a signature (RFC 7519). */
function isSignedToken(token: string): boolean {
  const [header = "", claims = ""] = token.split(".");
  const decodedHeader = decode(header);
  const decodedClaims = decode(claims);
  if (!decodedHeader || !decodedClaims || typeof decodedHeader.alg !== "string") return false;
  if (decodedHeader.alg.toLowerCase() === "none") return false;
  return decodedClaims.sub !== "1234567890";
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
