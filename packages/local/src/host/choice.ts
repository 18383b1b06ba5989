import type { IncomingHttpHeaders } from "node:http";
import type { Testers } from "@sluice/ports";
import type { Routes } from "./routes.ts";

/** Where a request goes that does not just wait for its turn. */
export interface Choice {
  audience: "users" | "testers";
  /** The version that is asked first; null: the one whose turn it is. */
  version: string | null;
}

const inTurn: Choice = { audience: "users", version: null };

/** Who asks, and for which version, by the headers of a request. A version that is not ready is nobody's choice. */
export function chooseFor(headers: IncomingHttpHeaders, routes: Routes): Choice {
  const { routing } = routes;
  if (routing === null || !routes.hasReady(routing.version)) return inTurn;
  const { version, testers, isSticky } = routing;
  if (testers && isTester(headers, testers)) return { audience: "testers", version };
  const isKnown = isSticky && routes.shareOf(version) > 0;
  return isKnown && stuckTo(headers, routes) === version ? { audience: "users", version } : inTurn;
}

function isTester(headers: IncomingHttpHeaders, testers: Testers): boolean {
  const found =
    "header" in testers
      ? headers[testers.header.toLowerCase()]?.toString()
      : cookieIn(headers.cookie, testers.cookie);
  return found !== undefined && (testers.value === undefined || found === testers.value);
}

/** Name of the cookie that keeps users with a version. Cookies know no ports, so each service has one of its own. */
export const stickyCookie = (service: string): string => `sluice-${service.replace(/[^\w.-]/g, "_")}`;

/** The version that a user was kept with; undefined for everybody else. */
const stuckTo = (headers: IncomingHttpHeaders, routes: Routes): string | undefined =>
  headers.cookie?.includes("sluice-") ? cookieIn(headers.cookie, stickyCookie(routes.service)) : undefined;

/**
 * The `Set-Cookie` of an answer: keeps the user with the version, or removes what keeps nobody any more.
 *
 * @param answering the version that answers
 */
export function cookieFor(headers: IncomingHttpHeaders, routes: Routes, answering: string): string | null {
  const { routing, service } = routes;
  const before = stuckTo(headers, routes);
  const kept = routing?.isSticky && routes.shareOf(routing.version) > 0 ? routing.version : null;
  const attributes = "Path=/; HttpOnly; SameSite=Lax";
  if (kept !== null && answering === kept)
    return before === kept ? null : `${stickyCookie(service)}=${encodeURIComponent(kept)}; ${attributes}`;
  return before === undefined || before === kept
    ? null
    : `${stickyCookie(service)}=; ${attributes}; Max-Age=0`;
}

/** The value of a cookie in a `Cookie` header (RFC 6265, section 4.2), decoded where it is encoded. */
function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const equals = pair.indexOf("=");
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
  return undefined;
}
