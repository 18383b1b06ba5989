/** Where this repository is published; examples refer to it by this name. */
export const ownRepository = "sluice-deploy/sluice";

export interface Pin {
  /** Full commit of the release. */
  sha: string;
  version: string;
  /** The inputs of that release which the workflows use. */
  inputs: readonly string[];
}

/** Every action of others that a workflow may use, at the release that was looked at. */
export const pins: Readonly<Record<string, Pin>> = {
  "actions/checkout": {
    sha: "3d3c42e5aac5ba805825da76410c181273ba90b1",
    version: "v7.0.1",
    inputs: ["repository", "ref", "fetch-depth", "persist-credentials", "path"],
  },
  "actions/setup-node": {
    sha: "820762786026740c76f36085b0efc47a31fe5020",
    version: "v7.0.0",
    inputs: ["node-version", "node-version-file", "cache", "package-manager-cache"],
  },
  "actions/upload-artifact": {
    sha: "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
    version: "v7.0.0",
    inputs: ["name", "path", "if-no-files-found", "retention-days", "overwrite", "include-hidden-files"],
  },
  "actions/download-artifact": {
    sha: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    version: "v8.0.1",
    inputs: ["name", "pattern", "path", "merge-multiple"],
  },
  "github/codeql-action/upload-sarif": {
    sha: "8aad20d150bbac5944a9f9d289da16a4b0d87c1e",
    version: "v4.36.2",
    inputs: ["sarif_file", "category", "wait-for-processing"],
  },
};
