/**
 * Condition keys. Those of AWS itself are in namespaces; make others from their type.
 *
 * ```js
 * keys.aws.sourceIp.isIn(['203.0.113.0/24', '198.51.100.0/24'])
 * new keys.TextKey('s3:prefix').isLike('home/*')
 * ```
 */
export { ArnKey, BinaryKey, BoolKey, DateKey, IpKey, MultivaluedKey, NumericKey, TextKey } from './key-types.js'
export * from './global-keys.js'
