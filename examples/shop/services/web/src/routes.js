import { page } from "./page.js";

/** @param {ReturnType<import("./backend.js").createBackend>} backend */
export function webRoutes(backend) {
  return {
    "GET /": async ({ requestId }) => {
      const [products, orders] = await Promise.all([backend.products(requestId), backend.orders(requestId)]);
      return { html: page({ products, orders }) };
    },

    "POST /orders": async ({ body, requestId }) => {
      await backend.placeOrder({ product: body.product, quantity: Number(body.quantity ?? 1) }, requestId);
      return { status: 303, headers: { location: "/" }, html: "" };
    },
  };
}
