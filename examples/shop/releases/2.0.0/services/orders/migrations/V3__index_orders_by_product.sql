-- Orders can be listed by product. CONCURRENTLY, so that nobody who places an order waits for the index;
-- therefore alone in its file, outside of a transaction.
CREATE INDEX CONCURRENTLY orders_by_product ON orders (product, id);
