import { entropy } from "./entropy.ts";

/** A reference to a value that is kept elsewhere: `${VAR}`, `$VAR`, `{{ x }}`, `<token>`, `%s`, `process.env.X`. */
const reference =
  /^\\?(?:\$[({]?[\w.:-]+[)}]?$|\$\{|\$\(|\{\{|<[^>]*>$|\[[^\]]*\]$|\{[\w.: -]*\}$|%\(?\w+\)?s?%?$|%[sdv]$|#\{|@[\w.]+@$|process\.env|os\.environ|os\.getenv|getenv\(|import\.meta|env\.|secrets\.|vars\.|var\.|local\.|data\.|module\.|ref\+|vault:|op:\/\/|arn:aws:|projects\/|!(?:ref|sub|getatt|vault)\b|ENC\[|ENC\()/i;

/** Words that people write where a secret will be. */
const standIn =
  /(?:example|sample|placeholder|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|insert[-_ ]|your[-_ ]?\w*[-_ ]?(?:password|secret|token|key|api|id|pass|value|name|here)|your[-_]|my[-_]?\w{0,16}(?:password|secret|token|key)|dummy|redacted|fixme|todo|not[-_ ]?(?:a[-_ ])?(?:real|secret)|fake|foobar|lorem|xxxx|\*{3,}|\.{3}|…|0{8}|1234567890|0123456789|abcdefgh|qwertyui|deadbeef)/i;

/** Values that say nothing: the word for the thing itself, or what every tutorial writes. */
const saysNothing =
  /^(?:pass(?:w(?:or)?d)?\d{0,3}|passphrase|secrets?|tokens?|test(?:ing|er|s)?\d{0,4}|(?:test|my|the|user|admin|db|root|some|any|new|old|bad|wrong|invalid|valid)[-_ ]?(?:pass(?:w(?:or)?d)?|secret|token|key)\d{0,3}|s3cr[e3]t|admin|root|user(?:name)?|guest|default|none|null|nil|undefined|true|false|yes|no|on|off|string|required|optional|empty|hidden|private|public|letmein|foo|bar|baz|qux|hunter2|postgres(?:ql)?|mysql|mongo(?:db)?|redis|rabbitmq|localhost|n\/a|value|key|api[-_]?key)[!?.]?$/i;

/** One character, or a short piece, over and over: `aaaaaaaa`, `-----`, `abcabcabc`. */
const repeated = /^(.{1,4})\1{2,}.{0,3}$/s;

/** Marks that a value of a machine-made token is a stand-in: words and runs that chance does not make. */
export function isStandInToken(value: string): boolean {
  return (
    /EXAMPLE|example|xxxx|XXXX|\*{3}|\.{3}|(?:0123456789|1234567890|abcdefghij|ABCDEFGHIJ)/.test(value) ||
    /(.)\1{7}/.test(value) ||
    repeated.test(value.slice(-24))
  );
}

/** Whether a value that a person could have typed is a stand-in or a reference, and not a secret. */
export function isPlaceholder(value: string): boolean {
  return (
    reference.test(value) ||
    standIn.test(value) ||
    saysNothing.test(value) ||
    repeated.test(value) ||
    new Set(value).size < 4 ||
    entropy(value) < 1.5
  );
}
