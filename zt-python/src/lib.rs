//! The extension module `zt._zt`: a table of contents. Python code imports `zt.crypto` and
//! `zt.policy`, which re-export what is here.
//!
//! Nothing here decides anything: types are converted, the interpreter is released, and
//! `zt-crypto` and `zt-core` are called.

use pyo3::prelude::*;

mod access;
mod buffer;
mod cache;
mod catalog;
mod client;
mod context;
mod custom;
mod error;
mod evaluate;
mod inspect;
mod keyring;
mod kms;
mod plan;
mod policy;
mod stream;
mod testing;

#[pymodule]
mod _zt {
    #[pymodule_export]
    use crate::access::{Grant, TemporaryAccess};
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
    use crate::error::{
        DecryptError, EncryptError, KeyringError, KmsError, PlanError, PolicyError, RunError,
        ZtError,
    };
    #[pymodule_export]
    use crate::evaluate::{Decision, Evaluator, Reason, Request, Unknown};
    #[pymodule_export]
    use crate::inspect::{EncryptedDataKey, MessageInfo, inspect};
    #[pymodule_export]
    use crate::keyring::{
        HierarchicalKeyring, Keyring, KmsDiscoveryKeyring, KmsKeyring, LocalKeyring, MultiKeyring,
        RawAesKeyring, RawEcdhKeyring, RawRsaKeyring, RequiredEncryptionContext, StaticBranchKeys,
        algorithm_suites, commitment_policies,
    };
    #[pymodule_export]
    use crate::plan::{Plan, PlanRequest, PlanRun, RunEnd, Step};
    #[pymodule_export]
    use crate::policy::{Condition, Key, Policy, Statement};
    #[pymodule_export]
    use crate::testing::InMemoryKms;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "what Python calls it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &super::Bound<'_, super::PyModule>) -> super::PyResult<()> {
        crate::error::defaults(module)
    }
}
