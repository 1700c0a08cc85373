// Rows for `bench-policy`: its policies, decided by the peer through both of its doors.
//
//   node rows.mjs INPUTS
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const { dependencies } = createRequire(import.meta.url)('./package.json')
const name = `iam-simulate ${dependencies['@cloud-copilot/iam-simulate']}`
const roundNanoseconds = 200e6

/** Nanoseconds a call in the fastest of five rounds, after warming up. */
async function fastest(job) {
  const time = async (calls) => {
    const start = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) await job()
    return Number(process.hrtime.bigint() - start)
  }
  let calls = 1
  while ((await time(calls)) < roundNanoseconds / 4) calls *= 2
  let best = Infinity
  for (let round = 0; round < 5; round++) best = Math.min(best, (await time(calls)) / calls)
  return best
}

/** Without awaiting: this door answers at once. */
function fastestNow(job) {
  const time = (calls) => {
    const start = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) job()
    return Number(process.hrtime.bigint() - start)
  }
  let calls = 1
  while (time(calls) < roundNanoseconds / 4) calls *= 2
  let best = Infinity
  for (let round = 0; round < 5; round++) best = Math.min(best, time(calls) / calls)
  return best
}

for (const { policy, requests } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  for (const { what, principal, action, resource, context, allowed } of requests) {
    const simulation = {
      request: { principal, action, resource: { resource, accountId: '111122223333' }, contextVariables: context },
      identityPolicies: [{ name: 'p', policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    }
    const check = (door, result) => {
      if ((result === 'Allowed') !== allowed) throw new Error(`${door}: ${what} is ${result}`)
    }
    const row = (who, nanoseconds) => console.log(JSON.stringify({ who, what, nanoseconds }))
    check('runSimulation', (await runSimulation(simulation, {})).overallResult)
    row(`${name}, runSimulation`, await fastest(() => runSimulation(simulation, {})))
    check('runUnsafeSimulation', runUnsafeSimulation(simulation, {}))
    row(`${name}, runUnsafeSimulation`, fastestNow(() => runUnsafeSimulation(simulation, {})))
  }
}
