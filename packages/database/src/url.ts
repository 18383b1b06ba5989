import { Refusal } from "@sluice/documents";

/** Address of a database without user, password and parameters: what may be shown and recorded. */
export function safeUrl(url: string): string {
  const { host, port, database } = addressOf(url);
  return `postgresql://${host}:${port}/${database}`;
}

export interface Address {
  /** A name, an IP address (IPv6 in brackets), or the directory of a socket. */
  host: string;
  port: number;
  database: string;
  user: string;
}

/**
 * The parts of a database address that are no secret. What it leaves out comes from `PGHOST`,
 * `PGPORT`, `PGDATABASE`, `PGUSER`, as everywhere with PostgreSQL.
 *
 * @throws Refusal `migrate.invalid-url`; the message never repeats the address
 */
export function addressOf(url: string, env: NodeJS.ProcessEnv = process.env): Address {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalid("It is no URL.");
  }
  if (parsed.protocol !== "postgresql:" && parsed.protocol !== "postgres:") {
    throw invalid(`It begins with ${parsed.protocol}; only PostgreSQL is supported.`);
  }
  try {
    const user = decodeURIComponent(parsed.username) || env.PGUSER || env.USER || "postgres";
    return {
      host:
        decodeURIComponent(parsed.hostname) || parsed.searchParams.get("host") || env.PGHOST || "localhost",
      port: Number(parsed.port || env.PGPORT || 5432),
      database: decodeURIComponent(parsed.pathname.slice(1)) || env.PGDATABASE || user,
      user,
    };
  } catch {
    throw invalid("It has a % that is not followed by two hexadecimal digits.");
  }
}

/** The password in a database address, decoded; null when there is none. For masking and for PGPASSWORD. */
export function passwordOf(url: string): string | null {
  try {
    const parsed = new URL(url);
    return decodeURIComponent(parsed.password) || parsed.searchParams.get("password") || null;
  } catch {
    return null;
  }
}

const invalid = (why: string): Refusal =>
  new Refusal({
    reasonCode: "migrate.invalid-url",
    message: `The address of the database cannot be understood. ${why}`,
    remedy:
      "Write postgresql://user:password@host:5432/name, in an environment variable or a secret; " +
      "special characters in the password are percent-encoded (@ is %40).",
  });
