import { describe, expect, test } from "vitest";
import { chooseServices } from "./choose.ts";
import { refusalOf } from "./testing/refusals.ts";

const services = [{ name: "orders" }, { name: "catalog" }, { name: "web" }];
const choose = (names?: string[]) => chooseServices(services, names, "shop").map(({ name }) => name);

describe("the services that are asked for", () => {
  test("are all of them when none is named", () => {
    expect(choose()).toEqual(["orders", "catalog", "web"]);
    expect(choose([])).toEqual(["orders", "catalog", "web"]);
  });

  test("keep the order of deployment, whatever the order of the names (R224)", () => {
    expect(choose(["web", "orders", "web"])).toEqual(["orders", "web"]);
  });

  test("are refused with every unknown name, the nearest one and the list of those that exist", () => {
    const refusal = refusalOf(() => choose(["oders", "web", "billing", "oders"]));
    expect(refusal.problems).toEqual([
      expect.objectContaining({
        reasonCode: "config.unknown-service",
        message: "The project shop has no service `oders`.",
        remedy: "Did you mean `orders`? Its services are `orders`, `catalog` and `web`.",
      }),
      expect.objectContaining({
        message: "The project shop has no service `billing`.",
        remedy: "Its services are `orders`, `catalog` and `web`.",
      }),
    ]);
  });
});
