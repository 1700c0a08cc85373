/** Values of conditions and of requests, as the texts that IAM compares. */
import { bytesOf, kindOf, stringOf, wrongType } from './arguments.js'

/** A number. A `bigint`, or a string of digits, for those that a `number` cannot hold exactly. */
export type Numeric = number | bigint

/** The text of a value of any kind. */
export function textOf(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringOf(name, value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      return decimalOf(name, value)
    default:
      if (value instanceof Date) return instantOf(name, value)
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
        return Buffer.from(bytesOf(name, value)).toString('base64')
      }
      throw wrongType(`${name} must be a string, boolean, number, Date or bytes, got ${kindOf(value)}`)
  }
}

/** One text, or several. */
export function textsOf(name: string, value: unknown): string[] {
  return Array.isArray(value) ? value.map((one, index) => textOf(`${name}[${index}]`, one)) : [textOf(name, value)]
}

/** Policies have no exponents: `1e21` and `1e-7` are written out. */
function decimalOf(name: string, value: number): string {
  if (!Number.isFinite(value)) throw outOfRange(`${name} must be a finite number, got ${value}`)
  const text = String(value)
  if (!text.includes('e')) return text
  if (Number.isInteger(value)) return BigInt(value).toString()
  const [digits = '', exponent] = text.replace('-', '').split('e')
  const whole = digits.replace('.', '')
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(-Number(exponent) - 1)}${whole}`
}

function instantOf(name: string, value: Date): string {
  if (Number.isNaN(value.getTime())) throw outOfRange(`${name} is not a valid Date`)
  return value.toISOString().replace('.000Z', 'Z')
}

function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' })
}
