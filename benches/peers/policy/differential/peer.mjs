// Reads cases as JSON lines, has the peer decide each, and prints one word a line.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const words = { Allowed: 'allowed', ExplicitlyDenied: 'explicit_deny', ImplicitlyDenied: 'implicit_deny' }
const named = (policies) => policies.map((policy, at) => ({ name: `p${at}`, policy }))

for await (const line of createInterface({ input: process.stdin })) {
  const { principal, action, resource, account, context, identity, bucket, scps, boundaries, session } = JSON.parse(line)
  let word
  try {
    const result = await runSimulation(
      {
        request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
        identityPolicies: named(identity),
        serviceControlPolicies: scps.map((level, at) => ({ orgIdentifier: `o${at}`, policies: named(level) })),
        resourceControlPolicies: [],
        ...(bucket && { resourcePolicy: bucket }),
        ...(boundaries && { permissionBoundaryPolicies: named(boundaries) }),
        ...(session && { sessionPolicy: session }),
      },
      {},
    )
    word = result.resultType === 'error' ? `refused: ${JSON.stringify(result.errors)}` : (words[result.overallResult] ?? result.overallResult)
  } catch (error) {
    word = `failed: ${error.message}`
  }
  process.stdout.write(`${word.replace(/\s+/g, ' ')}\n`)
}
