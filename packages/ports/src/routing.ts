/** What happens to requests beside the weights, for the sake of one version: the one that is being rolled out. */
export interface Routing {
  version: string;
  /** Who gets the version whatever its weight is. Their requests are counted apart: they are no sample of the users. */
  testers?: Testers;
  /**
   * Percent of the safe requests (GET, HEAD, OPTIONS) of users that the version gets a copy of. Nobody sees its
   * answers; they are counted apart.
   */
  mirrorPercent?: number;
  /**
   * Users whom the version has answered stay with it, by a cookie, as long as it has weight; afterwards the cookie is
   * removed.
   */
  isSticky?: true;
}

/** How testers are known: a header or a cookie, with one value or with any. */
export type Testers = { header: string; value?: string } | { cookie: string; value?: string };
