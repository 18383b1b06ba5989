import { HttpError } from "@shop/common";

const TIMEOUT_MILLISECONDS = 3000;

/**
 * The services behind the page.
 *
 * @param {{catalog: string, orders: string}} urls where they are
 */
export function createBackend(urls) {
  async function call(service, path, { requestId, ...init }) {
    let response;
    try {
      response = await fetch(new URL(path, urls[service]), {
        ...init,
        headers: { "content-type": "application/json", "x-request-id": requestId },
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
    } catch (error) {
      throw new HttpError(502, `${service} does not answer: ${error.cause?.code ?? error.name}`);
    }
    const body = await response.json();
    if (response.status >= 500) throw new HttpError(502, `${service} answered ${response.status}`);
    if (!response.ok) throw new HttpError(response.status, body.error);
    return body;
  }

  return {
    products: (requestId) => call("catalog", "/products", { requestId }),
    orders: (requestId) => call("orders", "/orders", { requestId }),
    placeOrder: (order, requestId) =>
      call("orders", "/orders", { requestId, method: "POST", body: JSON.stringify(order) }),
  };
}
