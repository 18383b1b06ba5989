-- Orders as customers place them.
CREATE TABLE orders (
  id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product   text        NOT NULL,
  quantity  integer     NOT NULL CHECK (quantity BETWEEN 1 AND 100),
  placed_at timestamptz NOT NULL DEFAULT now()
);
