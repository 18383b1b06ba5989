export interface Lock {
  release(): void;
}

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
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (/locked|busy/i.test((error as Error).message)) return null;
    throw error;
  }
}
