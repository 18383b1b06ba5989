import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { createLogger, createMetrics, createService } from "@shop/common";
import { createBackend } from "../src/backend.js";
import { webRoutes } from "../src/routes.js";

const silent = createLogger({}, () => {});

async function serve(routes) {
  const server = createService({ version: "test", routes, metrics: createMetrics("test"), log: silent });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

describe("the web page", () => {
  const placed = [];
  let isOrdersBroken = false;
  let catalog;
  let orders;
  let web;

  before(async () => {
    catalog = await serve({
      "GET /products": () => ({ json: [{ id: "kettle", name: "Kettle <new> & better", priceCents: 6400 }] }),
    });
    orders = await serve({
      "GET /orders": () => ({ status: isOrdersBroken ? 500 : 200, json: placed }),
      "POST /orders": ({ body }) => {
        if (!body.product) return { status: 400, json: { error: "product is missing" } };
        placed.push(body);
        return { status: 201, json: body };
      },
    });
    web = await serve(webRoutes(createBackend({ catalog: catalog.url, orders: orders.url })));
  });
  after(() => [catalog, orders, web].map(({ close }) => close()));

  const order = (fields) =>
    fetch(`${web.url}/orders`, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });

  test("shows the products, and their names as text", async () => {
    const html = await (await fetch(web.url)).text();
    assert.match(html, /Kettle &#60;new&#62; &#38; better/);
    assert.match(html, /64\.00 €/);
  });

  test("takes an order and shows it", async () => {
    const answer = await order({ product: "kettle", quantity: "2" });
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/"]);
    assert.deepEqual(placed, [{ product: "kettle", quantity: 2 }]);
    assert.match(await (await fetch(web.url)).text(), /× 2/);
  });

  test("passes on why an order was refused", async () => {
    const answer = await order({});
    assert.deepEqual([answer.status, await answer.json()], [400, { error: "product is missing" }]);
  });

  test("says which service is broken", async () => {
    isOrdersBroken = true;
    const answer = await fetch(web.url);
    assert.deepEqual([answer.status, await answer.json()], [502, { error: "orders answered 500" }]);
  });

  test("says which service is away", async () => {
    const lonely = await serve(
      webRoutes(createBackend({ catalog: catalog.url, orders: "http://127.0.0.1:1" })),
    );
    const answer = await fetch(lonely.url);
    assert.equal(answer.status, 502);
    assert.match((await answer.json()).error, /^orders does not answer: /);
    lonely.close();
  });
});
