import { HttpError } from "@shop/common";

/** @param {{id: string, name: string, priceCents: number}[]} products */
export function catalogRoutes(products) {
  return {
    "GET /products": () => ({ json: products }),

    "GET /products/:id": ({ params }) => {
      const product = products.find(({ id }) => id === params.id);
      if (!product) throw new HttpError(404, `there is no product "${params.id}"`);
      return { json: product };
    },
  };
}
