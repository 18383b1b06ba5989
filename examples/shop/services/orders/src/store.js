const COLUMNS = 'id::int, product, quantity, placed_at AS "placedAt"';

/**
 * Orders in PostgreSQL.
 *
 * @param {import("pg").Pool} pool
 */
export function createStore(pool) {
  return {
    async place({ product, quantity }) {
      const { rows } = await pool.query(
        `INSERT INTO orders (product, quantity) VALUES ($1, $2) RETURNING ${COLUMNS}`,
        [product, quantity],
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

    ping: () => pool.query("SELECT 1"),
  };
}
