const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const price = (cents) => `${(cents / 100).toFixed(2)} €`;

/** The whole shop on one page: what there is, and what was ordered last. */
export function page({ products, orders }) {
  const names = new Map(products.map(({ id, name }) => [id, name]));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Shop</title>
<style>
  body { font: 16px/1.5 system-ui; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
  li { display: flex; gap: 1rem; padding: .3rem 0; }
  li span:first-child { flex: 1; }
</style>
<h1>Shop</h1>
<ul>
${products
  .map(
    ({ id, name, priceCents }) =>
      `<li><span>${escapeHtml(name)}</span><span>${price(priceCents)}</span>` +
      `<form method="post" action="/orders"><input type="hidden" name="product" value="${escapeHtml(id)}">` +
      "<button>Order</button></form></li>",
  )
  .join("\n")}
</ul>
<h2>Latest orders</h2>
<ol>
${orders.map(({ product, quantity }) => `<li><span>${escapeHtml(names.get(product) ?? product)}</span><span>× ${escapeHtml(quantity)}</span></li>`).join("\n")}
</ol>
</html>
`;
}
