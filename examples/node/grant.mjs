// Temporary access as a plan that is read, run, resumed and undone.
//
//     node grant.mjs plan arn:aws:iam::111122223333:user/alice read.json 3600 > grant.json
//     node grant.mjs show grant.json
//     node grant.mjs run grant.json grant.jsonl      # stopped (Ctrl-C is enough)? `resume` goes on, `roll-back` undoes
import { readFileSync } from 'node:fs'
import { Plan, RunError, Runner, TemporaryAccess } from 'zt-node'

const load = (path) => Plan.fromJson(readFileSync(path, 'utf8'))
const [verb, ...words] = process.argv.slice(2)

if (verb === 'plan' && words.length === 3) {
  const [principalArn, policy, seconds] = words
  const access = new TemporaryAccess({ principalArn, policy: readFileSync(policy, 'utf8'), durationSeconds: Number(seconds) })
  console.log(access.plan().toJson())
} else if (verb === 'show' && words.length === 1) {
  console.log(String(load(words[0])))
} else if (['run', 'resume', 'roll-back'].includes(verb) && words.length === 2) {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const onStep = ({ number, total, service, operation }) => console.error(`${number}/${total} ${service} ${operation}`)
  const runner = new Runner({ onStep })
  const begin = { run: runner.run, resume: runner.resume, 'roll-back': runner.rollBack }[verb]
  try {
    const { status, outputs } = await begin.call(runner, load(words[0]), { journal: words[1], signal: stop.signal })
    console.log(status, outputs)
  } catch (error) {
    if (!(error instanceof RunError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
} else {
  console.error('usage: grant.mjs plan PRINCIPAL POLICY SECONDS | show PLAN | run|resume|roll-back PLAN JOURNAL')
  process.exitCode = 2
}
