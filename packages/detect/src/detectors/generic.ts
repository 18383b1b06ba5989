import { type Candidate, type Detector, example } from "../detector.ts";
import { entropy } from "../entropy.ts";
import { isPlaceholder } from "../placeholder.ts";
import { isBasicLogin } from "./credentials.ts";

const revoke = "Change it where it is used, and keep the new one outside the repository.";

/** Files whose unquoted values are values; elsewhere an unquoted word is an expression of the language. */
const isConfiguration = (path: string): boolean =>
  /(?:^|\/)(?:\.?env[\w.-]*|\.[\w-]+rc|credentials|\.credentials|config|hub|\.[\w-]*(?:profile|passwd|pass))$|\.(?:env|ya?ml|toml|ini|cfg|conf|config|properties|props|tfvars|ps1|sh|bash|zsh|txt|log|xml|json|s3cfg|plist|md|local|production|sql|htpasswd|secret)$/i.test(
    path,
  );

/** Texts that hold digests and random names by the thousand. */
const isListOfDigests = (path: string): boolean =>
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|Cargo\.lock|composer\.lock|Gemfile\.lock|go\.sum|flake\.lock|[\w.-]+\.(?:svg|map|snap|po|csv|ipynb|lock))$/i.test(
    path,
  );

const name = "(?<name>";
/** An assignment in most languages; or the second argument, as in `define('DB_PASSWORD', '…')`. */
const between = String.raw`[\w.-]{0,20})(?:["'\`\]]{0,2}\s{0,6}(?:=>|:=|[:=])|["']\s{0,4},(?=\s{0,6}["']))\s{0,6}`;
const value = String.raw`(?:"(?<double>[^"\r\n]{4,200})"|'(?<single>[^'\r\n]{4,200})'|\`(?<back>[^\`\r\n]{4,200})\`|(?<bare>[^\s"'\`,;<>(){}[\]|&]{6,200}(?=[\s"'\`,;<>}\]&|]|$)))`;

/** The whole name that is assigned to: what the pattern found begins in its middle. */
const nameOf = ({ before, groups }: Candidate): string => (/[\w.-]*$/.exec(before)?.[0] ?? "") + groups.name;

const text = ({ groups }: Candidate): string =>
  groups.double ?? groups.single ?? groups.back ?? groups.bare ?? "";

/** What an expression of a programming language looks like, as opposed to a value. */
const looksLikeCode = (value: string): boolean =>
  /[({]|\)$|^(?:[a-z_$][\w$]*\.)+[a-z_$][\w$]*$|^(?:this|self|req|res|process|config|props|state|new|await|typeof)\b|::|->|=>/i.test(
    value,
  );

/** Names, paths, addresses, dates, versions, sentences: high entropy, no secret. */
const looksLikeText = (value: string): boolean =>
  /\s/.test(value) ||
  /^(?:https?:|file:|data:|\.{0,2}\/|~\/|[A-Z]:\\|\/)/i.test(value) ||
  /^[\w.-]+\.(?:js|ts|json|ya?ml|pem|key|crt|txt|py|go|rb|java|com|org|io|net|svc|local)(?:[:/]|$)/i.test(
    value,
  ) ||
  /^(?:[a-zA-Z]+[-_./:])+[a-zA-Z]*\d{0,4}$/.test(value) ||
  /^\d{4}-\d\d-\d\d/.test(value) ||
  /^(?:v?\d+\.){2,}/.test(value) ||
  /^(?:sha(?:1|256|384|512)|md5)[-:=]/i.test(value) ||
  /^(?:[A-Z][a-z]+|[a-z]+)(?:[A-Z][a-z]+)*$/.test(value);

/** The name says that the value is public, or not the secret itself. */
const namesSomethingElse =
  /public|pub_?key|keyid|key[_-]?(?:id|name|path|file|type|length|size|code|word|board|frame|pair|stroke|alias|usage|ring|vault|format|prefix)|token[_-]?(?:type|name|url|uri|endpoint|expir\w*|ttl|count|limit|length|path|file|kind|symbol|address|id|field|header)|secret[_-]?(?:name|path|file|arn|ref|id|store|type|version|key_?ref|manager|s?_?dir)|pass(?:word)?[_-]?(?:field|args?|rate|count|fail|by|on|hash|policy|length|hint|reset|file|path|prompt|label|input|regex|pattern|min|max|strength|confirm\w*|through|less|type|url|name|command|cmd|env)|(?:^|[_.-])(?:csrf|xsrf|nonce|checksum|digest|integrity|etag|fingerprint|commit|revision|cache[_-]?key|primary[_-]?key|foreign[_-]?key|sort[_-]?key|partition[_-]?key|idempotency|site_?key|publishable)|tokeni[sz]|author(?!iz)|compass|bypass|passenger|monkey|turkey|donkey|hotkey|keyboard/i;

export const generic: readonly Detector[] = [
  {
    id: "generic-password",
    title: "Password in an assignment",
    severity: "high",
    keywords: ["pass", "pwd", "pswd"],
    pattern: new RegExp(`${name}(?:pass(?:w(?:or)?d|wd|phrase|code)?|pwd|pswd)${between}${value}`, "gi"),
    reach: { before: 60, after: 280 },
    isGeneric: true,
    accepts: isPassword,
    revoke,
    examples: {
      finds: [
        example('db_pass¦word = "hT4kB8mQz"'),
        example("SMTP_PASS¦WORD=Tr0ub4dor&3"),
        example("  pass¦word: 'c0rrect-h0rse-battery'"),
        example('"pass¦phrase": "s3same-0pen-now"'),
      ],
      ignores: [
        'password = "changeme"',
        `password: \${DB_PASSWORD}`,
        "password = getPassword()",
        'password = "password"',
        'label: "Password", placeholder: "Enter your password"',
        "const password = req.body.password;",
        "POSTGRES_PASSWORD: postgres",
        'passwordField = "user_pass2"',
        '"passport-google-oauth": "^2.0.0-x"',
        '"chunkGroupAsset[]": "chunkGroupAsset9-x"',
        "password: 'secret!',",
      ],
    },
  },
  {
    id: "generic-secret",
    title: "Secret in an assignment",
    severity: "high",
    keywords: [
      "secret",
      "token",
      "api_key",
      "apikey",
      "api-key",
      "access_key",
      "accesskey",
      "access-key",
      "auth_key",
      "authkey",
      "private_key",
      "privatekey",
      "credential",
      "encryption_key",
      "encryptionkey",
      "signing_key",
      "signingkey",
      "client_key",
      "master_key",
      "app_key",
      "auth",
      "_key",
      "_salt",
      "jwt",
    ],
    pattern: new RegExp(
      `${name}(?:secret|token|api[_.-]?key|access[_.-]?key|auth[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|client[_.-]?key|master[_.-]?key|app[_.-]?key|credentials?|auth|_key|_salt|jwt)${between}${value}`,
      "gi",
    ),
    reach: { before: 60, after: 280 },
    isGeneric: true,
    accepts: isMachineSecret,
    revoke,
    examples: {
      finds: [
        example('api_key = "hT4kB8mQzLrV2nYx¦W6cJfPd0"'),
        example("JWT_SECRET=3f2a9c81d04be75f¦6a9c2e8b17d3054f"),
        example("define('AUTH_¦KEY', 'Q$:B]zZjN-AdT<>h7V1.vm+k^|}2wVZf]Xw#QEZ[-pSohv+Kj0W-Z|:|g$-+E8:8');"),
        example("clientSecret: 'hT4kB8mQ-zLrV2nYx¦W6cJfPd0sGu'"),
      ],
      ignores: [
        "api_key = os.environ['API_KEY']",
        'token: "your-token-here"',
        'public_key = "hT4kB8mQzLrV2nYxW6cJfPd0"',
        'secretName: "my-database-credentials"',
        'integrity_token: "sha512-hT4kB8mQzLrV2nYxW6cJfPd0sGu"',
        'auth = "https://login.corp.io/oauth2/token"',
        'auth: "mypersonalaccesstoken123"',
        '["the beginnings of tokens", "hT4kB8mQzLrV2nYxW6cJfPd0"]',
        "auth = `Basic $\x7bBuffer.from('user:pass1').toString('base64')} #{[(<%^&*)>]}`",
        "token = createTokenForTheUser1234567890(x)",
        'tokenAddress = "0x52908400098527886E0F7030069857D2E4169EE7"',
      ],
    },
  },
];

/** In `define('DB_PASSWORD', '…')` the name is a whole text; in a list of sentences it is the end of one. */
const isEndOfSentence = ({ before, groups, match }: Candidate): boolean =>
  /^["']\s*,/.test(match.slice(groups.name!.length)) && !/["'][\w.-]*$/.test(before);

/** `userPass`, `db_pass`, `PASS`, and not `passport` or `groupAsset`. */
function namesPassword({ before, groups }: Candidate): boolean {
  const [word = ""] = /^(?:pass(?:w(?:or)?d|wd|phrase|code)?|pwd|pswd)/i.exec(groups.name!) ?? [];
  if (/^(?!s\b)[a-z]/.test(groups.name!.slice(word.length)) && word === word.toLowerCase()) return false;
  return word.length > 4 || !/[A-Za-z]$/.test(before) || (/[a-z]$/.test(before) && /^[A-Z]/.test(word));
}

function isPassword(candidate: Candidate): boolean {
  const { path, groups } = candidate;
  const found = text(candidate);
  if (!namesPassword(candidate) || isEndOfSentence(candidate)) return false;
  if (
    found.length < 6 ||
    isListOfDigests(path) ||
    namesSomethingElse.test(nameOf(candidate)) ||
    isPlaceholder(found)
  )
    return false;
  if (looksLikeCode(found) || /\s/.test(found) || /^(?:https?:|\.{0,2}\/)/.test(found)) return false;
  if (groups.bare !== undefined && !isConfiguration(path)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(found)).length;
  if (isConfiguration(path) || path === "") {
    return found.length >= 6 && (kinds >= 2 || entropy(found) >= 3.2) && !looksLikeName(found);
  }
  return found.length >= 8 && kinds >= 3 && entropy(found) >= 2.7 && !looksLikeText(found);
}

/** `user_pass`, `db-password`, `Passw0rd field`: a name of a thing, in words. */
const looksLikeName = (value: string): boolean =>
  /^[a-z]+(?:[-_.][a-z]+)+$/i.test(value) && entropy(value) < 3.6;

/** Random characters of every kind, longer than any word: a secret, even where it has brackets and spaces in it. */
const isRandomText = (value: string): boolean =>
  value.length >= 40 &&
  entropy(value) >= 4.5 &&
  /^[\x20-\x7e]+$/.test(value) &&
  !/\$\{|=>|\(\)|\b(?:function|return|const|var|new)\b|(?: .*){4}/.test(value) &&
  /[a-z]/.test(value) &&
  /[A-Z]/.test(value) &&
  /\d/.test(value) &&
  value.replace(/[\w\s.,'-]/g, "").length >= 8;

/** `user:password` in base64, where the password is a stand-in. */
function isEncodedPlaceholder(value: string): boolean {
  try {
    return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(atob(value)) && !isBasicLogin(value);
  } catch {
    return false;
  }
}

function isMachineSecret(candidate: Candidate): boolean {
  const { path, groups } = candidate;
  const found = text(candidate);
  if (isEndOfSentence(candidate)) return false;
  if (
    found.length < 16 ||
    isListOfDigests(path) ||
    namesSomethingElse.test(nameOf(candidate)) ||
    isPlaceholder(found)
  )
    return false;
  if (groups.bare === undefined && isRandomText(found)) return true;
  if (looksLikeCode(found) || looksLikeText(found) || isEncodedPlaceholder(found)) return false;
  if (groups.bare !== undefined && !isConfiguration(path)) return false;
  if (
    found.length < 16 ||
    !/^[\w+/=.~@!#$%^&*:-]+$/.test(found) ||
    !/[A-Za-z]/.test(found) ||
    !/\d/.test(found)
  )
    return false;
  if (/^0x[0-9a-f]+$/i.test(found)) return false;
  const isHex = /^[0-9a-f-]+$/i.test(found);
  return entropy(found) >= (isHex ? 3 : 3.5);
}
