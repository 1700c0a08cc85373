// The catalogue, and the condition keys of services.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Policy, Statement, catalog, keys, undocumented } from 'zt-node'

test('everything is there', () => {
  const services = catalog.services()
  assert.equal(services.length, 456)
  assert.equal(catalog.expand('*').length, 22_091)
  const ofServices = services.map(({ prefix }) => catalog.conditionKeys(prefix).length)
  assert.equal(ofServices.reduce((sum, count) => sum + count, 0), 2_578)
  assert.equal(catalog.service('S3').name, 'Amazon S3')
  assert.equal(catalog.service('s4'), undefined)
})

test('an action tells its facts', () => {
  const action = catalog.action('S3:getobject')
  assert.equal(action.name, 's3:GetObject')
  assert.equal(action.accessLevel, 'Read')
  const object = action.resources.find(({ resourceType }) => resourceType.name === 'object')
  assert.equal(object.resourceType.arnPattern, 'arn:${Partition}:s3:::${BucketName}/${ObjectName}')
  assert.equal(catalog.action('s3:GetObjct'), undefined)
  assert.deepEqual(catalog.didYouMean('s3:GetObjct'), ['s3:GetObject'])
})

test('keys, types and patterns', () => {
  const { name, kind, multivalued } = catalog.conditionKey('aws:resourcetag/team')
  assert.deepEqual([name, kind, multivalued], ['aws:ResourceTag/${TagKey}', 'String', false])
  assert.equal(catalog.didYouMeanKey('aws:SuorceIp')[0], 'aws:SourceIp')
  assert.equal(catalog.resourceTypes('arn:aws:s3:::bucket')[0].name, 'bucket')
  assert.deepEqual(catalog.shrink(catalog.expand('s3:Get*')), ['s3:Get*'])
  assert.deepEqual(catalog.actions('nothing'), [])
})

test('services have their keys', () => {
  const condition = keys.s3.prefix.isLike('home/*')
  const statement = Statement.allow('Sid').actions('s3:ListBucket', undocumented('s3:BrandNew')).anyResource()
  const [found] = JSON.parse(new Policy([statement.when(condition)]).toJson()).Statement
  assert.deepEqual(found.Action, ['s3:ListBucket', 's3:BrandNew'])
  assert.deepEqual(found.Condition, { StringLike: { 's3:prefix': 'home/*' } })
  assert.equal(keys.kms.encryptionContext('tenant').name, 'kms:EncryptionContext:tenant')
  assert.equal(keys.events.metadata('a').forAnyValue().name, 'events:Metadata/a')
  assert.equal(keys.ec2.sourceInstanceArn.name, 'ec2:SourceInstanceArn')
  assert.equal(keys.codebuild.secondarySourcesSourceIdentifierAuthType('x').name, 'codebuild:secondarySources/x.auth.type')
})
