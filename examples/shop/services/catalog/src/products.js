/** What the shop sells; prices in euro cents. */
export const products = [
  { id: "espresso-cups", name: "Espresso cups, set of four", priceCents: 2400 },
  { id: "moka-pot", name: "Moka pot for three", priceCents: 3250 },
  { id: "hand-grinder", name: "Hand grinder", priceCents: 7900 },
  { id: "pour-over", name: "Pour-over dripper", priceCents: 1850 },
  { id: "filters", name: "Paper filters, one hundred", priceCents: 590 },
  { id: "kettle", name: "Gooseneck kettle", priceCents: 6400 },
  { id: "scale", name: "Scale with timer", priceCents: 4450 },
  { id: "house-blend", name: "House blend, 500 g", priceCents: 1290 },
  { id: "decaf", name: "Decaf, 500 g", priceCents: 1390 },
  { id: "single-origin", name: "Single origin, 250 g", priceCents: 1150 },
  { id: "tamper", name: "Tamper", priceCents: 2100 },
  { id: "gift-card", name: "Gift card, sent by mail", priceCents: 2500 },
];
