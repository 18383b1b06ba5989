/** Published results that the rivals' rules and the reference formulas have to give, so that a comparison with them is fair. */
import type { Claim } from "./claims.ts";
import { repeatedTest } from "./reference/armitage.ts";
import { betaBinomialInterval } from "./reference/beta-binomial.ts";
import { lnDirichletEvidence } from "./reference/dirichlet.ts";
import { classify } from "./rules/kayenta.ts";

/** Rejections in percent of repeated tests of level 5 %, by the number of looks (Armitage, McPherson & Rowe 1969, table 2). */
export const armitage: readonly [looks: number, chance: number][] = [
  [1, 0.05],
  [2, 0.083],
  [3, 0.107],
  [4, 0.126],
  [5, 0.142],
  [10, 0.193],
  [20, 0.248],
  [50, 0.32],
  [100, 0.374],
];

/** Series of issues of Kayenta, with what its judge says about them. */
export const kayentaIssues = [
  {
    issue: "780: 7 of 10 values a hundred times as high",
    canary: [100, 100, 100, 100, 100, 100, 100, 1, 1, 1],
    baseline: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    says: "Pass",
  },
  {
    issue: "780: 8 of 10 values a hundred times as high",
    canary: [100, 100, 100, 100, 100, 100, 100, 100, 1, 1],
    baseline: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    says: "High",
  },
  {
    issue: "426: a few errors against none",
    canary: [0, 1, 2, 1, 0, 0],
    baseline: [0, 0, 0, 0, 0, 0],
    says: "Pass",
  },
] as const;

export function goldenClaims(): Claim[] {
  const equal = (name: string, measured: number, published: number, digits: number): Claim => ({
    name,
    measured: measured.toFixed(digits + 1),
    bound: published.toFixed(digits),
    isMet: Math.abs(measured - published) <= 10 ** -digits,
  });
  const always = (counts: number[], shares: number[]) => Math.exp(-lnDirichletEvidence(counts, shares));
  const [low, high] = betaBinomialInterval(700, 1000, 0.05, 100);
  const chances = repeatedTest(100);
  return [
    equal("Lindon & Malek, Poisson, n = 210: p", always([148, 62], [0.8, 0.2]), 0.0456, 4),
    equal("Lindon & Malek, multinomial, n = 402: p", always([40, 129, 233], [0.1, 0.4, 0.5]), 0.0485, 4),
    equal("Howard et al., 700 of 1,000: lower end", low, 0.651629, 6),
    equal("Howard et al., 700 of 1,000: upper end", high, 0.745949, 6),
    ...armitage.map(([looks, chance]) =>
      equal(`Armitage et al., ${looks} looks`, chances[looks - 1]!, chance, 3),
    ),
    ...kayentaIssues.map(({ issue, canary, baseline, says }): Claim => {
      const said = classify(canary, baseline);
      return { name: `Kayenta issue ${issue}`, measured: said, bound: says, isMet: said === says };
    }),
  ];
}
