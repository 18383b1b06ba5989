-- A wish of the customer that goes with the order. Nullable and without default, so that the version
-- before this one goes on writing orders as it does now.
ALTER TABLE orders ADD COLUMN note text;
