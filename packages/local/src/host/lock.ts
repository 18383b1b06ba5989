import type { DatabaseSync } from "node:sqlite";

export interface Lock {
  release(): void;
}

/** Locks of this process. A connection that nothing refers to is closed by the garbage collector, and its lock is gone. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of an environment for as long as this process lives. The lock is one of the operating system
 * (SQLite holds it with fcntl), so it is gone with the process, however that ends, and never has to be broken.
 *
 * @returns null when another process has it
 */
export async function takeLock(file: string): Promise<Lock | null> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (/locked|busy/i.test((error as Error).message)) return null;
    throw error;
  }
  held.add(database);
  return {
    release() {
      held.delete(database);
      database.close();
    },
  };
}
