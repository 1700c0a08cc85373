"""Who may assume a role: a trust policy for each kind of principal.

Each starts with what its kind of principal needs to be told apart from everybody else's.

>>> from zt.policy.guardrails import trust
>>> policy = trust.service("lambda.amazonaws.com", "111122223333", source_arn="arn:aws:lambda:*:111122223333:function:f")
>>> policy.to_dict()["Statement"][0]["Condition"]["StringEquals"]
{'aws:SourceAccount': '111122223333'}
>>> trust.third_party("444455556666", "7f3c9a52").limits[1]
'An external id is not a secret: it keeps the third party from confusing its customers, and does not protect from the third party itself.'
"""

from zt._zt import trust_oidc as oidc
from zt._zt import trust_principal as principal
from zt._zt import trust_saml as saml
from zt._zt import trust_service as service
from zt._zt import trust_service_without_source as service_without_source
from zt._zt import trust_third_party as third_party

__all__ = ["oidc", "principal", "saml", "service", "service_without_source", "third_party"]
