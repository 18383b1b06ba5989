import { describe, expect, test } from "vitest";
import { parseProtobufFormat } from "./protobuf-format.ts";
import {
  bucket,
  counter,
  countsOf,
  double,
  family,
  histogram,
  message,
  metric,
  native,
  packedDouble,
  packedSint,
  sint,
  whole,
} from "./testing/exposition.ts";
import { NotMetrics } from "./text-format.ts";

const read = (...families: number[][]) => parseProtobufFormat(new Uint8Array(families.flat()));
const bucketsIn = (...families: number[][]) =>
  Object.fromEntries(
    read(...families).flatMap(({ name, labels, value }) =>
      name.endsWith("_bucket") ? [[labels.le!, value] as const] : [],
    ),
  );

describe("a page in the protobuf format says what text would (R285)", () => {
  test("counters, gauges, values without a type, and their labels", () => {
    expect(
      read(
        family(
          "http_requests_total",
          0,
          counter({ code: "200", path: "/ä" }, 7),
          counter({ code: "500" }, 0),
        ),
        family("memory", 1, metric({}, message(2, double(1, 1.5)))),
        family("other", 3, metric({}, message(5, double(1, -2)))),
      ),
    ).toEqual([
      { name: "http_requests_total", labels: { code: "200", path: "/ä" }, value: 7 },
      { name: "http_requests_total", labels: { code: "500" }, value: 0 },
      { name: "memory", labels: {}, value: 1.5 },
      { name: "other", labels: {}, value: -2 },
    ]);
  });

  test("summaries", () => {
    const summary = message(4, whole(1, 9), double(2, 4.5), message(3, double(1, 0.5), double(2, 0.4)));
    expect(read(family("pause_seconds", 2, metric({ gc: "young" }, summary)))).toEqual([
      { name: "pause_seconds", labels: { gc: "young", quantile: "0.5" }, value: 0.4 },
      { name: "pause_seconds_sum", labels: { gc: "young" }, value: 4.5 },
      { name: "pause_seconds_count", labels: { gc: "young" }, value: 9 },
    ]);
  });

  test("classic histograms, with or without the bucket that has everything", () => {
    const all = { "0.1": 3, "0.25": 4, "+Inf": 5 };
    const buckets = [bucket(0.1, 3), bucket(0.25, 4)];
    expect(bucketsIn(family("h", 4, histogram({}, 5, 1, ...buckets)))).toEqual(all);
    expect(bucketsIn(family("h", 4, histogram({}, 5, 1, ...buckets, bucket(Infinity, 5))))).toEqual(all);
    expect(read(family("h", 4, histogram({}, 5, 1.25, ...buckets))).slice(-2)).toEqual([
      { name: "h_sum", labels: {}, value: 1.25 },
      { name: "h_count", labels: {}, value: 5 },
    ]);
  });
});

describe("native histograms on a page (R285)", () => {
  const times = [0.0005, 0.06, 0.07, 0.2, 0.2, 0.3, 0.49, 3, 100];

  test.each([0, 1, 2, 3, 5, 8])("schema %i: cumulative counts at edges, exactly", (schema) => {
    const found = bucketsIn(
      family("h", 4, histogram({}, times.length, 1, ...native({ schema, counts: countsOf(schema, times) }))),
    );
    for (const edge of [0.0625, 0.125, 0.25, 0.5, 1, 4, 64])
      expect(found[String(edge)], `${edge}`).toBe(times.filter((time) => time <= edge).length);
    expect(found["+Inf"]).toBe(times.length);
    // The edges between powers of two are edges from schema 1 on.
    expect(found["0.353553"]).toBe(schema === 0 ? undefined : 6);
  });

  test("schema -1 has every second power of two", () => {
    const found = bucketsIn(
      family("h", 4, histogram({}, 9, 1, ...native({ schema: -1, counts: countsOf(-1, times) }))),
    );
    expect(found).toMatchObject({ "0.0625": 2, "0.25": 5, "1": 7, "4": 8, "+Inf": 9 });
    expect(found["0.125"]).toBeUndefined();
  });

  test("what is in the zero bucket is within every edge above its threshold, and edges below that are not known", () => {
    const buckets = { schema: 0, counts: new Map([[0, 2]]), zeroCount: 5, zeroThreshold: 0.01 };
    const found = bucketsIn(family("h", 4, histogram({}, 7, 1, ...native(buckets))));
    expect(found).toMatchObject({ "0.015625": 5, "0.5": 5, "1": 7, "+Inf": 7 });
    expect(found["0.0078125"]).toBeUndefined();
  });

  test("one that has counted nothing yet has all its edges", () => {
    const empty = [sint(5, 3), double(6, 0), message(12, sint(1, 0), whole(2, 0))];
    const found = bucketsIn(family("h", 4, histogram({}, 0, 0, ...empty)));
    expect(Object.keys(found)).toHaveLength(34);
    expect(new Set(Object.values(found))).toEqual(new Set([0]));
  });

  test("packed numbers are the same as one by one, and counts of float histograms go before whole ones", () => {
    const span = message(12, sint(1, -3), whole(2, 3));
    const exact = histogram({}, 12, 1, sint(5, 0), span, sint(13, 3), sint(13, 2), sint(13, -1));
    const packed = histogram({}, 12, 1, sint(5, 0), span, packedSint(13, [3, 2, -1]));
    const float = metric(
      {},
      message(7, double(4, 12), double(2, 1), sint(5, 0), span, packedDouble(14, [3, 5, 4])),
    );
    const found = bucketsIn(family("h", 4, exact));
    expect(found).toMatchObject({ "0.125": 3, "0.25": 8, "0.5": 12, "+Inf": 12 });
    expect(bucketsIn(family("h", 4, packed))).toEqual(found);
    expect(bucketsIn(family("h", 4, float))).toEqual(found);
  });

  test("one with classic buckets too has both", () => {
    const both = [bucket(0.1, 3), bucket(0.5, 7), ...native({ schema: 0, counts: countsOf(0, times) })];
    const found = bucketsIn(family("h", 4, histogram({}, 9, 1, ...both)));
    expect(found).toMatchObject({ "0.1": 3, "0.25": 5, "0.5": 7, "+Inf": 9 });
  });

  test.each([
    ["negative values", [message(9, sint(1, 0), whole(2, 1)), sint(10, 1)]],
    ["a schema that is none", [sint(5, 9)]],
    ["custom buckets", [sint(5, -53)]],
    ["more buckets in its spans than counts", [message(12, sint(1, 0), whole(2, 4_000_000_000))]],
    ["more counts than buckets", [sint(13, 1)]],
    ["a count below zero", [message(12, sint(1, 0), whole(2, 1)), sint(13, -9)]],
  ])("one with %s has none, and costs nothing else on the page", (_, fields) => {
    const odd = [...native({ schema: 0, counts: new Map([[0, 1]]) }), ...fields];
    const page = [family("odd", 4, histogram({}, 1, 1, ...odd)), family("up", 1, counter({}, 1))];
    expect(bucketsIn(...page)).toEqual({ "+Inf": 1 });
    expect(read(...page).at(-1)).toEqual({ name: "up", labels: {}, value: 1 });
  });
});

describe("a page as a client library writes it (R285)", () => {
  /** From client_golang 1.25.0, with classic buckets up to 0.25 s and 1 s and native ones of a factor of 1.1. */
  const page = Buffer.from(
    [
      "ogEKHWh0dHBfcmVxdWVzdF9kdXJhdGlvbl9zZWNvbmRzEgF0GAQifDp6CAsRXI/C9SgkWkAaCwgHEQAAAAAAANA/GgsICREAAAAAAADw",
      "PygGMQAAAAAAAPA3OAFiBAh9EAFiBAg8EAFiBAgaEAZiBAgIEAFiBAgoEAFiBAhQEAFoAmgCaABoA2gCaAFoAGgCaABoAGgAegwIm6OI",
      "2AYQreH0owFqChNodHRwX3JlcXVlc3RzX3RvdGFsEgFuGAAiJgoLCgRjb2RlEgMyMDAaFwkAAAAAAAAiQBoMCJujiNgGEOzw9aMBIiYK",
      "CwoEY29kZRIDNTAwGhcJAAAAAAAAAEAaDAibo4jYBhDl+/WjAQ==",
    ].join(""),
    "base64",
  );
  const times = [0, 0.004, 0.06, 0.061, 0.2, 0.2, 0.25, 0.3, 0.49, 3, 100];

  test("is read as it was meant", () => {
    const samples = parseProtobufFormat(page);
    expect(samples.filter(({ name }) => !name.endsWith("_bucket"))).toEqual([
      { name: "http_request_duration_seconds_sum", labels: {}, value: 104.565 },
      { name: "http_request_duration_seconds_count", labels: {}, value: 11 },
      { name: "http_requests_total", labels: { code: "200" }, value: 9 },
      { name: "http_requests_total", labels: { code: "500" }, value: 2 },
    ]);
    const buckets = samples.filter(({ name }) => name === "http_request_duration_seconds_bucket");
    expect(buckets).toHaveLength(34);
    for (const { labels, value } of buckets) {
      const edge = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
      expect(value, labels.le).toBe(times.filter((time) => time <= edge).length);
    }
  });
});

describe("bytes that are not such a page are refused", () => {
  const page = family(
    "h",
    4,
    histogram({ a: "b" }, 3, 1, ...native({ schema: 3, counts: countsOf(3, [1, 2]) })),
  );

  test("wherever they end", () => {
    for (let length = 1; length < page.length; length++)
      expect(() => parseProtobufFormat(new Uint8Array(page.slice(0, length)))).toThrow(NotMetrics);
  });

  test.each([
    ["text", new TextEncoder().encode("http_requests_total 1\n")],
    ["a number that does not end", new Uint8Array(12).fill(255)],
    ["a kind of field that there is not", new Uint8Array([2, 11, 0])],
  ])("%s", (_, bytes) => {
    expect(() => parseProtobufFormat(bytes)).toThrow(NotMetrics);
  });
});
