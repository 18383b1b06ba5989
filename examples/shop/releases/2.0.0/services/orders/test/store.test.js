import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { createStore } from "../src/store.js";

test("values travel beside the SQL text, never in it", async () => {
  const queries = [];
  const pool = {
    query: async (text, values = []) => {
      queries.push({ text, values });
      return { rows: [{ id: 1, product: "'; DROP TABLE orders", quantity: 7 }] };
    },
  };
  const store = createStore(pool);
  const placed = await store.place({ product: "'; DROP TABLE orders", quantity: 7, note: null });
  assert.equal((await store.find(placed.id)).quantity, 7);
  assert.equal((await store.latest(20)).length, 1);
  assert.equal((await store.latestOf("kettle", 20)).length, 1);
  await store.ping();

  assert.deepEqual(
    queries.map(({ values }) => values),
    [["'; DROP TABLE orders", 7, null], [1], [20], ["kettle", 20], []],
  );
  for (const { text } of queries) assert.doesNotMatch(text, /DROP/);
});

const url = process.env.TEST_DATABASE_URL;
const migrations = new URL("../migrations/", import.meta.url);

/** On a real PostgreSQL, in a schema that is dropped afterwards. */
describe("the store", { skip: url ? false : "TEST_DATABASE_URL is not set" }, () => {
  const schema = `store_test_${process.pid}`;
  const pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}` });
  const store = createStore(pool);

  before(async () => {
    await pool.query(`CREATE SCHEMA ${schema}`);
    const versionOf = (file) => Number(/^V(\d+)__/.exec(file)[1]);
    const files = readdirSync(migrations).sort((a, b) => versionOf(a) - versionOf(b));
    for (const file of files) await pool.query(readFileSync(new URL(file, migrations), "utf8"));
  });
  after(async () => {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await pool.end();
  });

  test("finds what was placed", async () => {
    const placed = await store.place({ product: "kettle", quantity: 2, note: "a red one" });
    assert.equal(placed.note, "a red one");
    assert.equal(placed.product, "kettle");
    assert.ok(placed.placedAt instanceof Date);
    assert.deepEqual(await store.find(placed.id), placed);
    assert.equal(await store.find(placed.id + 1), undefined);
  });

  test("lists the newest first, up to the limit", async () => {
    for (const product of ["scale", "tamper", "decaf"])
      await store.place({ product, quantity: 1, note: null });
    assert.deepEqual(
      (await store.latest(2)).map(({ product }) => product),
      ["decaf", "tamper"],
    );
    assert.deepEqual(
      (await store.latestOf("scale", 2)).map(({ note }) => note),
      [null],
    );
  });

  test("answers a ping", async () => {
    await store.ping();
  });
});
