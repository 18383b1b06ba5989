/** Parcels as they were measured in the warehouse; weight in grams. */
const parcels = {
  "espresso-cups": { weight: 900 },
  "moka-pot": { weight: 650 },
  "hand-grinder": { weight: 700 },
  "pour-over": { weight: 450 },
  filters: { weight: 200 },
  kettle: { weight: 1200 },
  scale: { weight: 500 },
  "house-blend": { weight: 520 },
  decaf: { weight: 520 },
  "single-origin": { weight: 270 },
  tamper: { weight: 400 },
};

/** A parcel of up to 10 kg comes by mail in two days, a heavier one by truck in four. */
export function deliveryDays({ product, quantity }) {
  return parcels[product].weight * quantity <= 10_000 ? 2 : 4;
}
