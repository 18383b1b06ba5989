import { describeMetricSource } from "@sluice/testing/conformance/metric-source";
import { describeTarget } from "@sluice/testing/conformance/target";
import { describeTrafficRouter } from "@sluice/testing/conformance/traffic-router";
import { ask, type TestEnvironment, testEnvironment } from "./environment.ts";

const open = async () => {
  const environment: TestEnvironment = await testEnvironment();
  const { target, router, metrics, spec, stop } = environment;
  return {
    target,
    router,
    metrics,
    spec,
    stop,
    unhealthySpec: (version: string) => spec(version, { environment: { UNHEALTHY: "1" } }),
    failingSpec: (version: string) => spec(version, { environment: { STATUS: "500" } }),
    until: (service: string, check: Parameters<TestEnvironment["until"]>[0]) =>
      environment.until(check, service),
    async send(service: string, count: number) {
      const { url } = await target.observe(service);
      for (let i = 0; i < count; i++) await ask(url!);
    },
    takeAway: () => environment.shutdown(),
  };
};

describeTarget("the local target", open);
describeTrafficRouter("the proxy of the local target", open);
describeMetricSource("the counters of the local target", open);
