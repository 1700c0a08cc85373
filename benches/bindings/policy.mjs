// Decisions through Node: nanoseconds for each, as a line of JSON for each row. `bench-bindings` runs this.
// Arguments: how many requests in a batch; the policies and requests are those of `bench-bindings`.
import { createInterface } from 'node:readline'
import { Evaluator, Request } from '../../zt-node/index.mjs'

const size = Number(process.argv[2])

/** One of many: half of them are allowed. */
const request = (number) =>
  new Request({
    principal: 'arn:aws:iam::111122223333:user/alice',
    action: 's3:GetObject',
    resource: `arn:aws:s3:::${number % 2 === 0 ? 'sensitive-data' : 'elsewhere'}/report-${number}`,
    context: {
      'aws:SourceIp': '203.0.113.7',
      'aws:RequestedRegion': 'us-east-1',
      'aws:SecureTransport': true,
      'aws:MultiFactorAuthPresent': true,
    },
  })

/** Nanoseconds for each request, of the fastest of fifteen rounds. */
function fastest(job) {
  let best = Infinity
  for (let round = 0; round < 15; round++) {
    const start = process.hrtime.bigint()
    job()
    best = Math.min(best, Number(process.hrtime.bigint() - start))
  }
  return best / size
}

const numbers = Array.from({ length: size }, (_, number) => number)
const allowed = (evaluator, requests) => {
  let count = 0
  for (const decision of evaluator.evaluateMany(requests)) if (decision.allowed) count++
  return count
}

for await (const line of createInterface({ input: process.stdin })) {
  const policy = JSON.parse(line)
  const evaluator = new Evaluator({ identity: [policy] })
  const requests = numbers.map(request)
  if (allowed(evaluator, requests) !== size / 2) throw new Error('half of the requests are allowed')
  const jobs = {
    'evaluate_many': () => evaluator.evaluateMany(requests),
    'evaluate_many, and .allowed of each': () => allowed(evaluator, requests),
    'evaluate, one by one': () => requests.map((one) => evaluator.evaluate(one)),
    'requests made': () => numbers.map(request),
  }
  for (const [what, job] of Object.entries(jobs)) {
    console.log(JSON.stringify({ what, statements: policy.Statement.length, nanoseconds: fastest(job) }))
  }
}
