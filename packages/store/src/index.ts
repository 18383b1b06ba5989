export * from "./atomic-file.ts";
export * from "./file-journal-store.ts";
export * from "./owner.ts";
