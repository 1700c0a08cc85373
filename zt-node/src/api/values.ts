/** Values of conditions and of requests, as the texts that IAM compares. */
import * as binding from '#binding'
import { bytesOf, kindOf, stringOf, wrongType } from './arguments.js'
import { translated } from './errors.js'

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

/** An instant: a `Date`, or a date of the W3C profile of ISO 8601 as policies write it. */
export function instantTextOf(name: string, value: unknown): string {
  if (value instanceof Date) return instantOf(name, value)
  if (typeof value === 'string') return stringOf(name, value)
  throw wrongType(`${name} must be a Date or a string such as 2026-01-31T12:00:00Z, got ${kindOf(value)}`)
}

function decimalOf(name: string, value: number): string {
  if (!Number.isFinite(value)) throw outOfRange(`${name} must be a finite number, got ${value}`)
  return Number.isSafeInteger(value) ? String(value) : translated(() => binding.numberText(String(value)))
}

function instantOf(name: string, value: Date): string {
  if (Number.isNaN(value.getTime())) throw outOfRange(`${name} is not a valid Date`)
  return translated(() => binding.instantText(value.getTime()))
}

function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_OUT_OF_RANGE' })
}
