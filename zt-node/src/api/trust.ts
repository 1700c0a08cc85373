/** Who may assume a role: a trust policy for each kind of principal, with what tells it apart from everybody else's. */
import * as binding from '#binding'
import { optionsOf, stringOf, stringsOf } from './arguments.js'
import { translated } from './errors.js'
import { Guardrail, type TrustOptions, trustSettings } from './guardrails.js'

/** An AWS service, acting for a resource in this account: nobody else can make it assume the role for them. */
export function service(name: string, sourceAccount: string, options?: TrustOptions): Guardrail {
  const [who, account] = [stringOf('name', name), stringOf('sourceAccount', sourceAccount)]
  return made(options, (settings, when) => binding.trustService(who, account, settings, when))
}

/** An AWS service that sends no source, such as `ec2.amazonaws.com`. For others use {@link service}. */
export function serviceWithoutSource(name: string, options?: TrustOptions): Guardrail {
  const who = stringOf('name', name)
  return made(options, (settings, when) => binding.trustServiceWithoutSource(who, settings, when))
}

/** One user or role, of any account that you run. */
export function principal(arn: string, options?: TrustOptions): Guardrail {
  const who = stringOf('arn', arn)
  return made(options, (settings, when) => binding.trustPrincipal(who, settings, when))
}

/** The account of somebody else, who works for several customers: the external id is the one they use for you alone. */
export function thirdParty(account: string, externalId: string, options?: TrustOptions): Guardrail {
  const [who, id] = [stringOf('account', account), stringOf('externalId', externalId)]
  return made(options, (settings, when) => binding.trustThirdParty(who, id, settings, when))
}

/**
 * An OpenID Connect provider: tokens for this audience, of these subjects. A subject may be a pattern such as
 * `repo:owner/name:ref:refs/heads/*`, but not for every tenant.
 */
export function oidc(providerArn: string, audience: string, subjects: readonly string[], options?: TrustOptions): Guardrail {
  const [provider, aud, sub] = [stringOf('providerArn', providerArn), stringOf('audience', audience), stringsOf('subjects', subjects)]
  return made(options, (settings, when) => binding.trustOidc(provider, aud, sub, settings, when))
}

/** A SAML provider, for signing in to AWS. */
export function saml(providerArn: string, options?: TrustOptions): Guardrail {
  const provider = stringOf('providerArn', providerArn)
  return made(options, (settings, when) => binding.trustSaml(provider, settings, when))
}

function made(
  options: TrustOptions | undefined,
  make: (settings: binding.TrustSettings, when: binding.Condition[]) => binding.Guardrail,
): Guardrail {
  const { settings, when } = trustSettings(optionsOf(options, trustOptions))
  return new Guardrail(translated(() => make(settings, when)))
}

const trustOptions = ['sourceArn', 'requireMfa', 'requireSourceIdentity', 'notBefore', 'notAfter', 'when'] as const
