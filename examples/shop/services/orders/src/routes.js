import { HttpError } from "@shop/common";

const PAGE = 20;

/** @param {ReturnType<import("./store.js").createStore>} store */
export function orderRoutes(store) {
  return {
    "GET /orders": async () => ({ json: await store.latest(PAGE) }),

    "GET /orders/:id": async ({ params }) => {
      const order = /^\d{1,9}$/.test(params.id) && (await store.find(Number(params.id)));
      if (!order) throw new HttpError(404, `there is no order ${params.id}`);
      return { json: order };
    },

    "POST /orders": async ({ body }) => {
      const order = await store.place(validOrder(body));
      return { status: 201, headers: { location: `/orders/${order.id}` }, json: order };
    },
  };
}

function validOrder({ product, quantity = 1 }) {
  if (typeof product !== "string" || product === "") throw new HttpError(400, "product is missing");
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 100) {
    throw new HttpError(400, "quantity is not a whole number from 1 to 100");
  }
  return { product, quantity };
}
