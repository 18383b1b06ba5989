import { type Detector, example } from "../detector.ts";
import { isPlaceholder } from "../placeholder.ts";

const revoke =
  "Change the password at the service, then look through its log for logins that were not yours.";

/** Hosts of RFC 2606 and RFC 6761 and of a developer's own machine: a password for them opens nothing. */
const nowhere =
  /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal|(?:[\w-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid|localhost))$/i;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const isRealPassword = (password: string, user = ""): boolean => {
  const plain = decoded(password);
  return plain.length >= 3 && plain.toLowerCase() !== user.toLowerCase() && !isPlaceholder(plain);
};

/** Passwords inside addresses and login files. */
export const credentials: readonly Detector[] = [
  {
    id: "database-url",
    title: "Database address with a password",
    severity: "critical",
    keywords: [
      "postgres",
      "mysql",
      "mariadb",
      "mongodb",
      "redis",
      "amqp",
      "mssql",
      "sqlserver",
      "clickhouse",
      "cockroach",
      "oracle",
      "couchdb",
      "neo4j",
      "nats",
    ],
    pattern:
      /(?:postgres(?:ql)?|mysql2?|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|cockroachdb|oracle|couchdb|neo4j|nats)(?:\+[\w]{1,12})?(?::|%3a)(?:\/\/|%2f%2f)(?<user>[^\s:@/"'`<>]{0,80}?)(?::|%3a)(?<secret>[^\s"'`<>]{3,200}?)(?:@|%40)(?<host>[\w.\-[\]]+)/gi,
    accepts: ({ value, groups }) => !nowhere.test(groups.host!) && isRealPassword(value, groups.user),
    revoke,
    examples: {
      finds: [
        example("DATABASE_URL=postgres:¦//app:hT4kB8mQz@db.prod.internal:5432/shop"),
        example("mongodb+srv:¦//ada:n0t-Th4t-S1mple@cluster0.ab1cd.mongodb.net/shop"),
        example("redis:¦//:p4ssw0rdOfCache@cache.corp:6379/0"),
        example("url=postgresql%3A¦%2F%2Fapp%3AhT4kB8mQz%40db.prod.internal%3A5432%2Fshop"),
      ],
      ignores: [
        "postgres://user:password@localhost:5432/db",
        `postgres://app:\${DB_PASSWORD}@db.prod.internal/shop`,
        "mysql://user:pass@example.com/db",
        "postgresql://postgres:postgres@db:5432/app",
      ],
    },
  },
  {
    id: "basic-auth-url",
    title: "Address with a password",
    severity: "high",
    keywords: [
      "http://",
      "https://",
      "ftp://",
      "ftps://",
      "sftp://",
      "ssh://",
      "git://",
      "smtp://",
      "smtps://",
      "ldap://",
      "ldaps://",
    ],
    pattern:
      /(?:https?|s?ftps?|ssh|git(?:\+https?)?|smtps?|ldaps?):\/\/(?<user>[^\s:@/"'`<>(){}$]{1,80}):(?<secret>[^\s:@/"'`<>]{3,200})@(?<host>[\w.-]+)/gi,
    reach: { before: 8, after: 320 },
    accepts: ({ value, groups }) => !nowhere.test(groups.host!) && isRealPassword(value, groups.user),
    revoke,
    examples: {
      finds: [
        example("git clone https:¦//deploy:hT4kB8mQz@git.corp.io/shop.git"),
        example("proxy=http:¦//ada:S0m3thing@proxy.corp.io:3128"),
      ],
      ignores: [
        "https://user:pass@example.com/",
        `https://x-access-token:\${GITHUB_TOKEN}@github.com/o/r`,
        "see https://example.com:8080/a@b",
        "https://user:password@host/path",
      ],
    },
  },
  {
    id: "netrc",
    title: "Password in a .netrc file",
    severity: "high",
    keywords: ["password", "passwd"],
    pattern:
      /(?:machine\s+(?<host>[\w.-]+)|default)\s+(?:login|user)\s+(?<user>\S+)\s+(?:password|passwd)\s+["']?(?<secret>[^\s"']{3,200})/gi,
    reach: { before: 400, after: 250, acrossLines: true },
    accepts: ({ value, groups }) => !nowhere.test(groups.host ?? "") && isRealPassword(value, groups.user),
    revoke,
    examples: {
      finds: [
        example("machi¦ne api.corp.io login ada password hT4kB8mQz"),
        example("machi¦ne git.corp.io\n  login ada\n  password S0m3thing"),
      ],
      ignores: ["machine example.com login user password secret", "machine learning login page password"],
    },
  },
  {
    id: "pgpass",
    title: "Password in a .pgpass file",
    severity: "high",
    keywords: [":5432:", "pgpass", ":*:"],
    pattern: /^(?<host>[\w.*-]+):(?:\d{2,5}|\*):[\w*-]+:(?<user>[\w.-]+):(?<secret>\S{3,100})$/gm,
    reach: { before: 120, after: 200 },
    accepts: ({ value, groups, path }) =>
      /pgpass/i.test(path) && !nowhere.test(groups.host!) && isRealPassword(value, groups.user),
    revoke,
    examples: {
      finds: [example("db.corp.io:5432:shop:app:¦hT4kB8mQz")],
      ignores: ["db.corp.io:5432:shop:app:changeme", "localhost:5432:shop:app:hT4kB8"],
    },
  },
  {
    id: "curl-user",
    title: "Password in the arguments of curl",
    severity: "high",
    keywords: ["curl"],
    pattern:
      /curl\s(?:(?!curl\s)[^\n]){0,300}?\s(?:-u|--user)[ =]{0,2}["']?(?<user>[^\s:"'$]{1,80}):(?<secret>[^\s"'$]{3,200})/g,
    reach: { before: 2, after: 600 },
    accepts: ({ value, groups }) => isRealPassword(value, groups.user),
    revoke,
    examples: {
      finds: [example("cu¦rl -sS -u ada:hT4kB8mQz https://api.corp.io/")],
      ignores: ["curl -u user:password https://example.com", 'curl -u "$USER:$PASS" https://api.corp.io/'],
    },
  },
  {
    id: "xml-password",
    title: "Password in an XML element",
    severity: "high",
    keywords: ["<pass", "<pwd", "password>", "<secret", "<apikey", "<api_key", "<token"],
    pattern:
      /<(?<name>[\w:.-]{0,30}(?:pass(?:w(?:or)?d|phrase)?|pwd|secret|api[_-]?key|token))(?:\s[^<>\n]{0,120})?>(?<secret>[^<>\s]{6,300})<\//gi,
    reach: { before: 40, after: 500 },
    accepts: ({ value }) => isRealPassword(value) && /\d|[^\w]/.test(value),
    revoke,
    examples: {
      finds: [
        example("<pass¦word>hT4kB8mQz</pass¦word>"),
        example('<Pass¦ encoding="base64">aFQ0a0I4bVF6</Pass>'),
      ],
      ignores: [
        `<password>\${db.password}</password>`,
        "<Token>identifier</Token>",
        "<password>changeme</password>",
      ],
    },
  },
  {
    id: "authorization-header",
    title: "Credentials in an Authorization header",
    severity: "high",
    keywords: ["basic ", "bearer "],
    pattern:
      /authorization["'`]?\s{0,4}[:=,]\s{0,4}["'`]?(?:(?:basic)\s+(?<basic>[A-Za-z0-9+/]{12,300}={0,2})|bearer\s+(?<bearer>[\w.~+/-]{20,500}=*))(?![\w$({<])/gi,
    entropy: 3,
    accepts: ({ groups }) =>
      groups.basic !== undefined
        ? isBasicLogin(groups.basic)
        : /\d/.test(groups.bearer!) && !isPlaceholder(groups.bearer!),
    revoke: "Change the password or revoke the token that the header carries.",
    examples: {
      finds: [
        example("Authorization: Basic ¦YWRhOmhUNGtCOG1Rekw="),
        example('-H "Authorization: Bearer ¦hT4kB8mQzLrV2nYxW6cJfPd0sGuA"'),
      ],
      ignores: [
        "Authorization: Bearer $TOKEN",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        "authorization: bearer your-token-goes-here-please",
      ],
    },
  },
  {
    id: "htpasswd",
    title: "Password hash",
    severity: "medium",
    keywords: ["$apr1$", "$2y$", "$2b$", "$2a$", "$6$", "$5$", "$1$", "$y$", "$argon2", "{sha}"],
    pattern:
      /(?:^|["'\s=:])(?<secret>\$(?:apr1|1|5|6|y)\$[^\s$:]{1,40}\$(?:[^\s$:]{1,40}\$)?[\w./]{20,90}|\$2[aby]\$\d\d\$[\w./]{53}|\$argon2(?:id|i|d)\$v=\d+\$[\w=,]+\$[\w+/]+\$[\w+/]{20,90}|\{SHA\}[\w+/]{27}=)/gm,
    entropy: 3.5,
    // In a source file a hash is mostly a fixture of a test; in a file of accounts it is the account.
    accepts: ({ path, match }) =>
      /(?:passwd|shadow|\.sql|\.env|credential|users?\.(?:json|ya?ml))/i.test(path) ||
      /^[\w.@-]{1,64}:[$\\{]/.test(match),
    revoke: "Change the passwords: a leaked hash is guessed at leisure.",
    examples: {
      finds: [
        example("ada:$ap¦r1$h4Jm2Ttq$kB8mQzLrV2nYxW6cJfPd0."),
        example(
          "root:$6¦$h4Jm2TtqPz0Rk8Vb$YwXc6NfLsEd3GuhT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6Nf:18000:0:99999:7:::",
        ),
      ],
      ignores: ["regex = /^\\$2y\\$/", "const hash = '$2b$10$'"],
    },
  },
];

/** Whether the text is base64 for `user:password` with a password that is no stand-in. */
export function isBasicLogin(encoded: string): boolean {
  try {
    const [user, ...rest] = atob(encoded).split(":");
    const password = rest.join(":");
    const isPrintable = /^[\x20-\x7e]+$/.test(password);
    return user !== undefined && rest.length > 0 && isPrintable && isRealPassword(password, user);
  } catch {
    return false;
  }
}
