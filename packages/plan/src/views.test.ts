import { describe, expect, test } from "vitest";
import { diffPlan, requireNoDrift } from "./diff.ts";
import { planMermaid } from "./mermaid.ts";
import { plan, running } from "./testing/example.ts";

describe("a plan against what runs now", () => {
  test("shows every service with its sign, and drift", () => {
    const diff = diffPlan(plan({ running: { ...running, web: { version: "2.1.0" } } }), {
      catalog: { version: "2.0.1" },
      orders: null,
      web: { version: "2.1.0" },
      legacy: { version: "0.9" },
    });
    expect(diff.text).toBe(
      [
        "~ catalog  2.0.1 -> 2.1.0",
        "+ orders   2.1.0",
        "= web      2.1.0",
        "  legacy   0.9 (not part of the plan)",
        "! catalog runs 2.0.1, and the plan was made when it ran 2.0.0.",
        "! orders runs nothing, and the plan was made when it ran 2.0.0.",
        "",
      ].join("\n"),
    );
    expect(diff.drift.map(({ service }) => service)).toEqual(["catalog", "orders"]);
  });

  test("refuses a plan that was made for other versions", () => {
    expect(() => requireNoDrift(plan(), running)).not.toThrow();
    expect(() => requireNoDrift(plan(), { ...running, web: { version: "1.0.0" } })).toThrow(
      /web runs 1\.0\.0/,
    );
  });
});

test("names that mean something to Mermaid or HTML stay text in the picture", () => {
  const picture = planMermaid(plan({ request: { version: '1"]<script>&#' } }));
  expect(picture.split("\n")[1]).toBe('  request(["shop 1#34;]#60;script#62;#38;#35;<br/>to production"])');
});
