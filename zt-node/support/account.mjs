// What plans of temporary access can change in an emulated account.
import { GetRoleCommand, GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam'
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { Policy, Statement } from 'zt-node'

/** The emulator's account. */
export const ACCOUNT = '123456789012'
export const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
export const READ = new Policy([Statement.allow('Read').actions('s3:GetObject').resources('arn:aws:s3:::reports/*')])
export const OBJECT = 'arn:aws:s3:::reports/june'
export const SCHEDULED = { roleArn: `arn:aws:iam::${ACCOUNT}:role/cleaner`, region: 'eu-central-1' }

/** What clients are made with: they can only reach the emulator. */
export function settings(endpoint, more = {}) {
  return { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, ...more }
}

/** Tells the emulator something. */
export async function tell(endpoint, path, body = '') {
  await fetch(`${endpoint}/moto-api/${path}`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
}

/** Everything there, resource by resource. */
export async function account(endpoint) {
  const [iam, scheduler] = [new IAMClient(settings(endpoint)), new SchedulerClient(settings(endpoint))]
  const found = {}
  for (const { RoleName } of (await iam.send(new ListRolesCommand({}))).Roles) {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
    const { Path, AssumeRolePolicyDocument, Tags, MaxSessionDuration, PermissionsBoundary } = Role
    found[`role ${RoleName}`] = { Path, AssumeRolePolicyDocument, Tags, MaxSessionDuration, PermissionsBoundary }
    for (const PolicyName of (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames) {
      found[`policy ${RoleName} ${PolicyName}`] = await document(iam, RoleName, PolicyName)
    }
  }
  for (const { Name } of (await scheduler.send(new ListSchedulesCommand({}))).Schedules) {
    const { ScheduleExpression, Target, FlexibleTimeWindow, ActionAfterCompletion } = await scheduler.send(new GetScheduleCommand({ Name }))
    found[`schedule ${Name}`] = { ScheduleExpression, Target, FlexibleTimeWindow, ActionAfterCompletion }
  }
  return found
}

async function document(iam, RoleName, PolicyName) {
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
  return JSON.parse(decodeURIComponent(PolicyDocument))
}
