import { type Problem, type ReasonCode, Refusal } from "@sluice/documents";
import { LineMap, offsetOfCharacter, type ScriptStatement } from "@sluice/sql";
import type pg from "pg";
import { addressOf, passwordOf } from "./url.ts";

/** Whether this is an answer of the server, which has an SQLSTATE, and not a lost connection. */
export const isServerError = (error: unknown): error is pg.DatabaseError =>
  error instanceof Error && /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? "");

/** Somebody else was in the way; the same statement may succeed a little later. */
export const isRetryable = (error: unknown): boolean =>
  isServerError(error) && ["55P03", "40P01", "40001"].includes(error.code ?? "");

/** Why a connection could not be made, with host and port and without the password. */
export function connectionProblem(error: unknown, url: string): Error {
  if (error instanceof Refusal) return error;
  const { host, port, database, user } = addressOf(url);
  const where = `${host}:${port}`;
  const message = withoutPassword(error instanceof Error ? error.message : String(error), url);
  const code = (error as { code?: string }).code ?? "";
  if (code.startsWith("28") || code === "3D000" || /password|SASL|SCRAM/i.test(message)) {
    return new Refusal({
      reasonCode: "migrate.credentials",
      message: `The server at ${where} refuses user ${user} for database ${database}: ${message}`,
      remedy:
        code === "3D000"
          ? `Create the database: createdb --host ${host} --port ${port} ${database}`
          : "Check user and password in the address of the database, and that the server lets this user in from here.",
    });
  }
  return new Refusal({
    reasonCode: "migrate.unreachable",
    message: `The database at ${where} cannot be reached: ${message || code || "no answer"}`,
    remedy: `Check that the server runs, that host and port are right, and that a firewall lets this machine connect to ${where}.`,
  });
}

/** A text of somebody else in which the password must not appear, should it be there. */
export function withoutPassword(text: string, url: string): string {
  const password = passwordOf(url);
  if (!password) return text;
  return text.replaceAll(password, "***").replaceAll(encodeURIComponent(password), "***");
}

/** What a failed statement is about. */
export interface FailedAt {
  file: string;
  sql: string;
  /** Null when the file as a whole failed, at COMMIT for example. */
  statement: ScriptStatement | null;
  statementTimeoutSeconds: number;
  concurrentTimeoutSeconds: number;
  lockTimeoutSeconds: number;
  url: string;
}

/**
 * A server's complaint about a statement as a problem, with the place in the file that the server
 * means: from its error position, from the line inside a DO block, or from the line of COPY data.
 */
export function statementProblem(error: unknown, at: FailedAt): Problem {
  const [reasonCode, remedy] = classify(error, at);
  const message = withoutPassword(error instanceof Error ? error.message : String(error), at.url);
  const { detail, hint, code } = isServerError(error) ? error : { detail: "", hint: "", code: "" };
  return {
    severity: "error",
    reasonCode,
    // The detail of a violated constraint repeats the row; it may be private and stays with the server.
    message: [
      `${sentence(message)}${code ? ` (SQLSTATE ${code})` : ""}`,
      code?.startsWith("23") ? "" : sentence(detail ?? ""),
    ]
      .filter(Boolean)
      .join(" "),
    remedy: [hint ? `The server suggests: ${hint}` : "", remedy].filter(Boolean).join("\n"),
    location: { file: at.file, ...placeOf(error, at) },
  };
}

const sentence = (text: string): string => (text === "" || /[.!?]$/.test(text) ? text : `${text}.`);

function placeOf(error: unknown, { sql, statement }: FailedAt): { line?: number; column?: number } {
  if (!statement) return {};
  const lines = new LineMap(sql);
  const { position, where } = isServerError(error) ? error : { position: undefined, where: undefined };
  if (position) return lines.at(statement.start + offsetOfCharacter(statement.text, Number(position)));
  const inBlock = /inline_code_block line (\d+)/.exec(where ?? "");
  const body = statement.tokens.find((token) => token.kind === "dollar" || token.kind === "string");
  if (inBlock && body) return { line: lines.at(body.start).line + Number(inBlock[1]) - 1 };
  const inRows = /^COPY .*?, line (\d+)/.exec(where ?? "");
  if (inRows && statement.copyData !== undefined) {
    return { line: lines.at(statement.end).line + Number(inRows[1]) };
  }
  return { line: statement.line, column: statement.column };
}

/** Triage (R199): connection, time, locks, transaction, script. */
function classify(error: unknown, at: FailedAt): [ReasonCode, string] {
  if (!isServerError(error) || error.code?.startsWith("08") || error.code?.startsWith("57P")) {
    return [
      "migrate.connection-lost",
      "Run it again: what was not committed was rolled back, and the history says what was.",
    ];
  }
  switch (error.code) {
    case "42601":
      return ["migrate.syntax-error", "Correct the statement. Nothing of this file was applied."];
    case "55P03":
      return [
        "migrate.lock-timeout",
        `Somebody else held the table for more than ${at.lockTimeoutSeconds} s, each time it was tried. ` +
          "Find long transactions in pg_stat_activity and end them, or run the migration at a quieter time.",
      ];
    case "40P01":
    case "40001":
      return [
        "migrate.lock-timeout",
        "Each time it was tried, another transaction was in the way. Run it at a quieter time.",
      ];
    case "57014":
      if (error.message.includes("user request")) {
        return ["migrate.failed", "Somebody cancelled it on the server (pg_cancel_backend). Run it again."];
      }
      return [
        "migrate.timeout",
        `It may take ${at.statement?.facts.concurrentIndex ? at.concurrentTimeoutSeconds : at.statementTimeoutSeconds} s. Make the statement smaller (batches), or give it more time.`,
      ];
    case "25001":
    case "2D000":
      return [
        "migrate.invalid-transaction",
        "Put this statement into a file of its own; if it calls a procedure that commits, call it outside of migrations.",
      ];
    case "42501":
      return [
        "migrate.failed",
        "Give the user of the migrations the right to do this, or make it the owner.",
      ];
    case "53100":
      return ["migrate.failed", "The disk of the database server is full. Make room and run it again."];
    case "42P07":
    case "42701":
    case "42710":
      return [
        "migrate.failed",
        "It is already there, and not from a recorded migration. Find out who made it; then remove it or this statement.",
      ];
    default:
      return [
        "migrate.failed",
        "Correct the file and run it again: a file that is not fully applied may be changed.",
      ];
  }
}
