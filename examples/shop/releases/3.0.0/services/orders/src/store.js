const COLUMNS = 'id::int, product, quantity, note, placed_at AS "placedAt"';

/**
 * Orders in PostgreSQL.
 *
 * @param {import("pg").Pool} pool
 */
export function createStore(pool) {
  return {
    async place({ product, quantity, note }) {
      const { rows } = await pool.query(
        `INSERT INTO orders (product, quantity, note) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
        [product, quantity, note],
      );
      return rows[0];
    },

    async find(id) {
      const { rows } = await pool.query(`SELECT ${COLUMNS} FROM orders WHERE id = $1`, [id]);
      return rows[0];
    },

    /** The newest orders first. */
    async latest(limit) {
      const { rows } = await pool.query(`SELECT ${COLUMNS} FROM orders ORDER BY id DESC LIMIT $1`, [limit]);
      return rows;
    },

    /** The newest orders of one product first. */
    async latestOf(product, limit) {
      const { rows } = await pool.query(
        `SELECT ${COLUMNS} FROM orders WHERE product = $1 ORDER BY id DESC LIMIT $2`,
        [product, limit],
      );
      return rows;
    },

    /** How often a product was ordered in the last 24 hours. */
    async recentDemand(product) {
      const { rows } = await pool.query(
        "SELECT count(*)::int AS demand FROM orders WHERE product = $1 AND placed_at > now() - interval '1 day'",
        [product],
      );
      return rows[0].demand;
    },

    ping: () => pool.query("SELECT 1"),
  };
}
