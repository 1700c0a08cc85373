//! The extension module `zt._zt`: a table of contents. Python code imports `zt.crypto` and
//! `zt.policy`, which re-export what is here.
//!
//! Nothing here decides anything: types are converted, the interpreter is released, and
//! `zt-crypto` and `zt-core` are called.

use pyo3::prelude::*;

mod buffer;
mod cache;
mod catalog;
mod client;
mod context;
mod custom;
mod error;
mod evaluate;
mod guardrails;
mod inspect;
mod keyring;
mod kms;
mod matrix;
mod policy;
mod rewrite;
mod stream;
mod testing;
mod validate;
mod values;

#[pymodule]
mod _zt {
    #[pymodule_export]
    use crate::cache::{CacheStats, DataKeyCache};
    #[pymodule_export]
    use crate::catalog::{
        catalog_action, catalog_action_facts, catalog_condition_key, catalog_resource_types,
        catalog_resource_types_of, catalog_service, catalog_service_keys, catalog_services,
        catalog_source, did_you_mean, did_you_mean_key, expand, shrink,
    };
    #[pymodule_export]
    use crate::client::{Client, DecryptResult, StreamResult};
    #[pymodule_export]
    use crate::custom::{DecryptionMaterials, EncryptionMaterials};
    #[pymodule_export]
    use crate::error::{DecryptError, EncryptError, KeyringError, KmsError, PolicyError, ZtError};
    #[pymodule_export]
    use crate::evaluate::{
        Choice, Decision, Evaluator, JointDecision, Reason, Request, Unknown, choices,
    };
    #[pymodule_export]
    use crate::guardrails::{
        Guardrail, RestrictAccess, TemporaryAccess, global_services, key_administration, key_use,
        kms_key_policy, outliving_actions, require_mfa, restrict_access, temporary_access,
        trust_oidc, trust_principal, trust_saml, trust_service, trust_service_without_source,
        trust_third_party,
    };
    #[pymodule_export]
    use crate::inspect::{EncryptedDataKey, MessageInfo, inspect};
    #[pymodule_export]
    use crate::keyring::{
        HierarchicalKeyring, Keyring, KmsDiscoveryKeyring, KmsKeyring, LocalKeyring, MultiKeyring,
        RawAesKeyring, RawEcdhKeyring, RawRsaKeyring, RequiredEncryptionContext, StaticBranchKeys,
        algorithm_suites, backends, commitment_policies,
    };
    #[pymodule_export]
    use crate::matrix::AccessMatrix;
    #[pymodule_export]
    use crate::policy::{Condition, Key, Policy, Statement};
    #[pymodule_export]
    use crate::rewrite::{Equivalence, equivalent};
    #[pymodule_export]
    use crate::testing::InMemoryKms;
    #[pymodule_export]
    use crate::validate::{Finding, Rule, Suggestion, rules, validate};

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "what Python calls it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &super::Bound<'_, super::PyModule>) -> super::PyResult<()> {
        crate::error::defaults(module)
    }
}
