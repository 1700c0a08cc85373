/**
 * What AWS defines: services, actions, types of resources, condition keys. The facts are those of AWS's Service
 * Authorization Reference. AWS adds actions every week: a name that is not here may exist. Names are found in any case.
 *
 * ```js
 * catalog.action('s3:getobject').accessLevel // 'Read'
 * catalog.shrink(['sqs:ListQueues', 'sqs:ListQueueTags']) // ['sqs:ListQueue*']
 * catalog.didYouMean('s3:GetObjct') // ['s3:GetObject']
 * ```
 */
import * as binding from '#binding'
import type { ActionName } from './action-names.js'
import { stringOf } from './arguments.js'
import type { Action as Pattern } from './policy.js'

/** A service. */
export type Service = Readonly<binding.CatalogService>
/** A type of resource. */
export type ResourceType = Readonly<binding.CatalogResourceType>
/** A type of resource, as one action knows it. */
export type ActionResource = Readonly<binding.CatalogActionResource>
/** An action. */
export type Action = Readonly<Omit<binding.CatalogAction, 'name'>> & { readonly name: ActionName }
/** A condition key. */
export type ConditionKey = Readonly<binding.CatalogConditionKey>

/** All services, sorted by prefix. */
export function services(): Service[] {
  return binding.catalogServices()
}

/** The service with a prefix, such as `s3`. */
export function service(prefix: string): Service | undefined {
  return binding.catalogService(stringOf('prefix', prefix)) ?? undefined
}

/** The names of the actions of a service; none when there is no such service. */
export function actions(prefix: string): ActionName[] {
  return service(prefix) ? expand(`${prefix}:*`) : []
}

/** The action with a name. */
export function action(name: string): Action | undefined {
  return (binding.catalogAction(stringOf('name', name)) as Action | null) ?? undefined
}

/** The names of the actions that fit a pattern, sorted: `s3:Get*`. */
export function expand(pattern: string): ActionName[] {
  return binding.catalogExpand(stringOf('pattern', pattern)) as ActionName[]
}

/**
 * Few patterns instead of many actions; {@link expand} gives the same for both. A wildcard only ever stands after a
 * whole word: `Describe*`, never `D*`, which some day matches a `Delete...`.
 */
export function shrink(actions: Iterable<string>): Pattern[] {
  return binding.catalogShrink(Array.from(actions, (action) => stringOf('action', action))) as Pattern[]
}

/** The condition key with a name: `aws:SourceIp`, `aws:ResourceTag/team`. */
export function conditionKey(name: string): ConditionKey | undefined {
  return binding.catalogConditionKey(stringOf('name', name)) ?? undefined
}

/** The names of the condition keys that a service documents. */
export function conditionKeys(prefix: string): string[] {
  return binding.catalogConditionKeys(stringOf('prefix', prefix))
}

/** The types of resources that an ARN can be of, the one whose form is closest first. */
export function resourceTypes(arn: string): ResourceType[] {
  return binding.catalogResourceTypes(stringOf('arn', arn))
}

/** Actions or services with a name close to a misspelt one, the closest first, three at most. */
export function didYouMean(name: string): string[] {
  return binding.catalogDidYouMean(stringOf('name', name))
}

/** Condition keys with a name close to a misspelt one, the closest first, three at most. */
export function didYouMeanKey(name: string): string[] {
  return binding.catalogDidYouMeanKey(stringOf('name', name))
}
