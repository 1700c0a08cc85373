// The table of calls that all three languages make: see `testdata/policy/README.md`.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { AccessMatrix, Condition, Evaluator, Policy, PolicyError, Request, UNKNOWN, choices, equivalent, guardrails, rules, validate } from 'zt-node'

const read = (name) => JSON.parse(readFileSync(new URL(`../../testdata/policy/${name}`, import.meta.url), 'utf8'))
const { cases } = read('cases.json')
const expected = read('expected.json')

/** Names of options are camelCase here; ages are in seconds. */
const camel = (name) => (name === 'max_age' ? 'maxAgeSeconds' : name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()))
const options = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [camel(name), value]))

const findings = ({ policy, kind, now, account_id: accountId, size_limit: sizeLimit }) =>
  validate(policy, Object.fromEntries(Object.entries({ kind, now, accountId, sizeLimit }).filter(([, value]) => value !== undefined)))
const edit = (suggestion) => {
  if (suggestion === undefined) return null
  const { pointer, action, name = null, value = null, text } = suggestion
  return { pointer, action, name, value, text }
}
const finding = ({ code, severity, pointer, message, suggestion }) => ({ code, severity, pointer, message, suggestion: edit(suggestion) })

const context = (given) => Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value ?? UNKNOWN]))
const request = (given) => new Request({ ...options(given), context: context(given.context) })
const evaluator = (policies) => new Evaluator(policies)

// Data as `JSON.stringify` has it, with the names and nulls of Rust.
const decision = ({ unknownKeys, reasons, ...rest }) => ({
  ...rest,
  reasons: reasons.map(({ policyType, policy = null, statement = null, effect = null, ...rest }) => ({ policy_type: policyType, policy, statement, effect, ...rest })),
  unknown_keys: unknownKeys,
})
const data = (value) => JSON.parse(JSON.stringify(value))

const calls = {
  validate: (given) => findings(given).map(finding),
  apply: (given) => findings(given).find(({ suggestion }) => suggestion).suggestion.apply(given.policy).toJson(),
  guardrail({ guardrail, parameters }) {
    const { accountId, permissions, ...rest } = options(parameters)
    switch (guardrail) {
      case 'require_mfa': {
        const made = guardrails.requireMfa(rest)
        return { policy: made.toJson(), limits: made.limits }
      }
      case 'restrict_access': {
        const made = guardrails.restrictAccess(rest)
        assert.deepEqual(made.deny().limits, made.limits)
        return { allow: rest.actions ? made.allow().toJson() : null, deny: made.deny().toJson(), limits: made.limits }
      }
      case 'kms_key_policy': {
        const made = guardrails.kmsKeyPolicy(accountId, rest)
        return { policy: made.toJson(), limits: made.limits }
      }
      case 'temporary_access': {
        const made = guardrails.temporaryAccess(permissions, rest)
        const role = made.trust('arn:aws:iam::111122223333:role/Operator', { requireSourceIdentity: true })
        return { policy: made.toJson(), limits: made.limits, trust: role.toJson() }
      }
    }
  },
  trust({ trust, arguments: values, parameters }) {
    const made = guardrails.trust[camel(trust)](...values, options(parameters))
    return { policy: made.toJson(), limits: made.limits }
  },
  normalize: ({ policy }) => Policy.parse(policy).normalize().toJson(),
  minimize: ({ policy }) => Policy.parse(policy).minimize().toJson(),
  split: ({ policy, limit }) => Policy.parse(policy).split(limit).map((part) => ({ size: part.size(limit), policy: part.toJson() })),
  equivalent({ a, b }) {
    const { equal = null, witness } = equivalent(a, b)
    return { equal, witness: witness?.toJSON() ?? null }
  },
  evaluate({ policies, request: asked }) {
    const given = evaluator(policies).evaluate(request(asked))
    const [again] = evaluator(policies).evaluateMany([request(asked)])
    assert.deepEqual(data(again), data(given))
    return { decision: decision(data(given)), choices: given.choices.map(({ id }) => id), request: given.request.toJSON() }
  },
  evaluate_all({ policies, request: asked, resources }) {
    const { decisions, ...rest } = data(evaluator(policies).evaluateAll(request(asked).forEach(resources)))
    return { ...rest, decisions: decisions.map(decision) }
  },
  matrix({ principals, actions, resources, resource_accounts: resourceAccounts, context: given }) {
    const matrix = new AccessMatrix({
      principals: principals.map(({ name, principal, policies }) => ({ name, principal, evaluator: evaluator(policies) })),
      actions,
      resources,
      resourceAccounts,
      context: context(given),
    })
    return { data: data(matrix), text: String(matrix), markdown: matrix.toMarkdown() }
  },
  numbers: ({ numbers }) => new Condition('NumericEquals', 'k:n', numbers).values,
  instants: ({ instants }) => new Condition('DateEquals', 'k:d', instants.map((text) => new Date(text))).values,
  rules: () => rules(),
  choices: () => choices(),
}

for (const given of cases) {
  test(given.name, () => {
    let value
    try {
      value = calls[given.do](given)
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      value = { error: { code: error.code, message: error.message } }
    }
    assert.deepEqual(data(value), expected[given.name])
  })
}

test('the whole table', () => {
  assert.deepEqual(cases.map(({ name }) => name).sort(), Object.keys(expected).sort())
  assert.deepEqual([...new Set(cases.map((given) => given.do))].sort(), Object.keys(calls).sort())
})
