/** One test that failed, as a JUnit report tells it. */
export interface FailedTest {
  /** With the suites that it is in: `orders › an unknown product is refused`. */
  name: string;
  /** The first line of what went wrong. */
  message: string;
  /** All of it, usually with a stack. */
  text: string;
  file?: string;
  line?: number;
}

export interface TestReport {
  passed: number;
  failed: number;
  skipped: number;
  /** Sum over the tests. */
  seconds: number;
  failures: FailedTest[];
}

/**
 * Reads a JUnit report in any of the dialects that are in use: with or without `<testsuites>`, suites in suites,
 * cases without a suite. Tests that are to do or disabled count as skipped.
 *
 * @throws SyntaxError when it is not such a report
 */
export async function parseJunit(xml: string): Promise<TestReport> {
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const validity = XMLValidator.validate(xml);
  if (validity !== true) throw new SyntaxError(`line ${validity.err.line}: ${validity.err.msg}`);
  const root = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseAttributeValue: false,
    parseTagValue: false,
    alwaysCreateTextNode: true,
    htmlEntities: true, // for line ends in attributes, written as numbers
    isArray: (name) => ["testsuites", "testsuite", "testcase", "failure", "error", "skipped"].includes(name),
  }).parse(xml) as Element;
  if (!root.testsuites && !root.testsuite)
    throw new SyntaxError("it has neither <testsuites> nor <testsuite>");

  const report: TestReport = { passed: 0, failed: 0, skipped: 0, seconds: 0, failures: [] };
  for (const top of root.testsuites ?? [root]) addSuite(report, top, []);
  return report;
}

interface Element {
  testsuites?: Element[];
  testsuite?: Element[];
  testcase?: Element[];
  failure?: Element[];
  error?: Element[];
  skipped?: Element[];
  "#text"?: string;
  "@name"?: string;
  "@time"?: string;
  "@file"?: string;
  "@line"?: string;
  "@message"?: string;
}

function addSuite(report: TestReport, suite: Element, names: readonly string[]): void {
  for (const test of suite.testcase ?? []) addCase(report, test, names);
  for (const inner of suite.testsuite ?? []) {
    addSuite(report, inner, inner["@name"] ? [...names, inner["@name"]] : names);
  }
}

function addCase(report: TestReport, test: Element, suites: readonly string[]): void {
  report.seconds += Math.max(0, Number(test["@time"]?.replaceAll(",", "")) || 0);
  const wrong = test.failure ?? test.error;
  if (!wrong) {
    report[test.skipped ? "skipped" : "passed"]++;
    return;
  }
  report.failed++;
  const text = wrong[0]?.["#text"]?.trim() ?? "";
  const message = (wrong[0]?.["@message"] || text).trim().split("\n")[0] ?? "";
  const line = Number(test["@line"]);
  report.failures.push({
    name: [...suites, test["@name"] ?? "unnamed"].join(" › "),
    message,
    text,
    ...(test["@file"] && { file: test["@file"] }),
    ...(Number.isInteger(line) && line > 0 && { line }),
  });
}
