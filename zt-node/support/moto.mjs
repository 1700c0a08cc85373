// An AWS emulator on a free loopback port, for tests. Nothing here reaches AWS.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'

/** A port of 127.0.0.1 where nobody listens. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Starts `moto_server`; `stop` ends it. */
export async function startMoto() {
  const port = await freePort()
  const command = process.env.ZT_MOTO_SERVER ?? 'moto_server'
  const child = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const gone = once(child, 'exit').then(
    () => 'it ended',
    (error) => error.message,
  )
  const endpoint = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const answer = await Promise.race([gone, fetch(`${endpoint}/moto-api/`).then(() => null, () => sleep(100, 'no answer'))])
    if (answer === null) break
    if (tries > 600 || child.exitCode !== null || child.pid === undefined) {
      child.kill()
      throw new Error(`${command} did not start: ${answer}. Install it with: pip install 'moto[server]'`)
    }
  }
  return {
    endpoint,
    /** A client with made-up credentials, which can only reach the emulator. */
    client: (region = 'us-east-1', settings = {}) => kmsClient(endpoint, region, settings),
    async stop() {
      child.kill()
      await gone
    },
  }
}

/** A KMS client for an endpoint of this machine. */
export function kmsClient(endpoint, region = 'us-east-1', settings = {}) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new KMSClient({ endpoint, region, credentials, ...settings })
}

/** Makes a key, gives its ARN. */
export async function createKey(client, alias) {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}))
  if (alias) await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata.KeyId }))
  return KeyMetadata.Arn
}
