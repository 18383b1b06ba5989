import type { OnProgress } from "@sluice/ports";

/** A program with its arguments, or a script for the shell. */
export type CommandLine = string | readonly string[];

export interface ServiceToBuild {
  name: string;
  /** Directory of the service, relative to the project; the commands run in it. */
  path: string;
  install?: CommandLine;
  lint?: CommandLine;
  test?: CommandLine;
  coverage?: {
    /** Absent when the tests write the report already. */
    command?: CommandLine;
    /** The lcov report, relative to the service. */
    report: string;
    /** Least share of lines that the tests reach. */
    thresholdPercent: number;
  };
  build?: CommandLine;
  /** Directory that becomes the artifact, relative to the service. */
  output: string;
  /** JUnit report that the tests write, relative to the service. */
  junit?: string;
  /** Services that are built before this one. */
  dependsOn?: readonly string[];
  /** Tags of the artifact with every field filled in; `<name>:<version>` by default. */
  tags?: readonly string[];
}

export interface BuildRequest {
  /** The project, absolute. */
  directory: string;
  services: readonly ServiceToBuild[];
  /** What is installed once, before the services. */
  install?: CommandLine;
  version: string;
  /** Where the archives go; their `reference` is a path in it. */
  artifactDirectory: string;
  /** Paths that are no part of any artifact, wherever they are: the output of this run. Always: the archives. */
  leaveOut?: readonly string[];
  /** Environment of the commands; by default the one of this process. */
  env?: NodeJS.ProcessEnv;
  /** Services that are built at once; the number of cores by default. */
  concurrency?: number;
  /** Limit of each command; none by default. */
  timeoutSeconds?: number;
  /** Images are built where there is a Dockerfile: when an engine is there (`auto`), always, or never. */
  images?: "auto" | "required" | "never";
  signal?: AbortSignal;
  onProgress?: OnProgress;
}
