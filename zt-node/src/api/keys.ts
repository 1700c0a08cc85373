/**
 * Condition keys. Each knows its type; each service has a namespace, `aws` is that of AWS itself. Make a key that is in
 * no namespace from its type.
 *
 * ```js
 * keys.aws.sourceIp.isIn(['203.0.113.0/24', '198.51.100.0/24'])
 * keys.s3.prefix.isLike('home/*')
 * new keys.TextKey('s3:NewKey').is('value')
 * ```
 */
export { ArnKey, BinaryKey, BoolKey, DateKey, IpKey, MultivaluedKey, NumericKey, TextKey } from './key-types.js'
export { aws } from './global-keys.js'
export * from './service-keys.js'
