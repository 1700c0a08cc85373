import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as binding from '#binding'
import { translated } from './errors.js'

/** The file of a journal: open, and nobody else's until it is closed. */
export class JournalFile {
  readonly #handle: FileHandle
  readonly #lock: binding.JournalLock
  /** What was in it. */
  readonly text: string
  #length: number

  private constructor(handle: FileHandle, lock: binding.JournalLock, text: string) {
    this.#handle = handle
    this.#lock = lock
    this.text = text
    this.#length = Buffer.byteLength(text)
  }

  /** A new one, which only its owner can read. */
  static async create(path: string): Promise<JournalFile> {
    const file = await JournalFile.#opened(path, await open(path, 'wx+', 0o600))
    await syncFolder(path)
    return file
  }

  /** One that is there. */
  static async open(path: string): Promise<JournalFile> {
    return JournalFile.#opened(path, await open(path, 'r+'))
  }

  static async #opened(path: string, handle: FileHandle): Promise<JournalFile> {
    let lock: binding.JournalLock | undefined
    try {
      lock = translated(() => new binding.JournalLock(path))
      return new JournalFile(handle, lock, await handle.readFile('utf8'))
    } catch (error) {
      lock?.release()
      await handle.close()
      throw error
    }
  }

  /** Removes a line that was cut off. */
  async cut(length: number): Promise<void> {
    await this.#handle.truncate(length)
    this.#length = length
  }

  /** Adds a line, and has it on disk. */
  async append(line: string): Promise<void> {
    let rest: Uint8Array = Buffer.from(line)
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.write(rest, 0, rest.length, this.#length)
      this.#length += bytesWritten
      rest = rest.subarray(bytesWritten)
    }
    await this.#handle.sync()
  }

  async close(): Promise<void> {
    await this.#handle.close()
    this.#lock.release()
  }
}

/** The name of a new file is on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle
  try {
    folder = await open(dirname(path), 'r')
  } catch {
    return // Windows has no such thing.
  }
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
