/** Keyrings that callers write. */
import type * as binding from '#binding'
import { type Pairs, bytesOf, kindOf, wrongType } from './arguments.js'
import { type Answer, type Answerer, CUSTOM } from './exchange.js'
import { DecryptionMaterials, EncryptionMaterials } from './materials.js'

/** The methods of a keyring. */
interface Methods {
  onEncrypt?(materials: EncryptionMaterials): void | Promise<void>
  onDecrypt?(materials: DecryptionMaterials): Uint8Array | undefined | Promise<Uint8Array | undefined>
}

/** Answers the questions of a keyring by its own methods. */
export function customAnswerer(keyring: Methods, native: binding.CustomKeyring): Answerer {
  const encrypt = (ticket: string): Answer | Promise<Answer> => {
    const materials = new EncryptionMaterials(native.encryption(ticket))
    const done = (): Answer => (EncryptionMaterials.wipe(materials), {})
    try {
      if (keyring.onEncrypt === undefined) throw wrongType(`${keyring.constructor.name} needs a method onEncrypt`)
      const given: unknown = keyring.onEncrypt(materials)
      if (isPromise(given)) return given.then(done).finally(done)
    } catch (error) {
      done()
      throw error
    }
    return done()
  }
  const decrypt = (ticket: string): Answer | Promise<Answer> => {
    if (keyring.onDecrypt === undefined) throw wrongType(`${keyring.constructor.name} needs a method onDecrypt`)
    const given: unknown = keyring.onDecrypt(new DecryptionMaterials(native.decryption(ticket)))
    return isPromise(given) ? given.then(dataKey) : dataKey(given)
  }
  return {
    waits: `${keyring.constructor.name} answers with a promise`,
    answer: ({ operation, keyId }) => (operation === 'Decrypt' ? decrypt(keyId) : encrypt(keyId)),
    failure: customFailure,
  }
}

/** Answers with the branch key id that a function names for an encryption context. */
export function branchKeyAnswerer(supplier: (pairs: Pairs) => unknown): Answerer {
  const checked = (id: unknown): Answer => {
    if (typeof id !== 'string') throw wrongType(`branchKeyId must give a string, got ${kindOf(id)}`)
    return { KeyId: id }
  }
  return {
    waits: 'branchKeyId answers with a promise',
    answer: ({ encryptionContext }) => {
      const id = supplier(encryptionContext)
      return isPromise(id) ? id.then(checked) : checked(id)
    },
    failure: customFailure,
  }
}

function customFailure(thrown: unknown): ReturnType<Answerer['failure']> {
  return ['Refused', CUSTOM, thrown instanceof Error ? thrown.message : String(thrown)]
}

function dataKey(given: unknown): Answer {
  if (given === undefined || given === null) return {}
  return { Plaintext: bytesOf('the data key', given) }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise
}
