import { describe, expect, test } from "vitest";
import { parseJunit } from "./junit.ts";

describe("a JUnit report", () => {
  test("of node --test: nested suites, cases beside suites (R129)", async () => {
    const report = await parseJunit(`<?xml version="1.0" encoding="utf-8"?>
      <testsuites>
        <testsuite name="orders" time="0.4" tests="3" failures="1" skipped="1">
          <testcase name="is placed" time="0.25" classname="orders"/>
          <testsuite name="refused" time="0.1">
            <testcase name="without &lt;product&gt;" time="0.125" classname="refused" file="/srv/test/a.test.js">
              <failure type="testCodeFailure" message="Expected values to be strictly equal:&#10;1 !== 2">
[Error [ERR_TEST_FAILURE]: 1 !== 2] {
  at file:///srv/test/a.test.js:12:5
}
              </failure>
            </testcase>
          </testsuite>
          <testcase name="later" time="0" classname="orders"><skipped type="todo" message="true"/></testcase>
        </testsuite>
        <testcase name="on its own" time="0.125" classname="test"/>
        <!-- tests 4 -->
      </testsuites>`);
    expect(report).toMatchObject({ passed: 2, failed: 1, skipped: 1, seconds: 0.5 });
    expect(report.failures).toEqual([
      {
        name: "orders › refused › without <product>",
        message: "Expected values to be strictly equal:",
        text: expect.stringContaining("a.test.js:12:5"),
        file: "/srv/test/a.test.js",
      },
    ]);
  });

  test("of pytest: one suite in the root, errors, file and line", async () => {
    const report =
      await parseJunit(`<testsuite name="pytest" errors="1" failures="0" tests="2" time="1,234.5">
      <testcase classname="tests.test_a" name="test_ok" file="tests/test_a.py" line="3" time="0.001"></testcase>
      <testcase classname="tests.test_a" name="test_setup" file="tests/test_a.py" line="9" time="0.002">
        <error message="fixture 'db' not found">E fixture</error></testcase>
      </testsuite>`);
    expect(report).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
    expect(report.failures[0]).toMatchObject({
      name: "pytest › test_setup",
      message: "fixture 'db' not found",
      file: "tests/test_a.py",
      line: 9,
    });
  });

  test("of Maven: text of a failure in CDATA, without a message", async () => {
    const report = await parseJunit(`<testsuite name="OrderTest" tests="1">
      <testcase name="total" classname="shop.OrderTest" time="0.01"><failure type="AssertionError"><![CDATA[
expected: <1> but was: <2>
  at shop.OrderTest.total(OrderTest.java:21)]]></failure></testcase></testsuite>`);
    expect(report.failures[0]!.message).toBe("expected: <1> but was: <2>");
  });

  test("without any test is zero tests", async () => {
    expect(await parseJunit("<testsuites/>")).toMatchObject({ passed: 0, failed: 0, skipped: 0 });
  });

  test.each(["", "not xml", "<testsuites><testsuite></testsuites>", "<html></html>"])(
    "is not %j",
    async (text) => {
      await expect(parseJunit(text)).rejects.toThrow(SyntaxError);
    },
  );
});
