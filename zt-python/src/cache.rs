//! The data key cache.

use pyo3::prelude::*;

use crate::error::to_py;
use crate::keyring::Seconds;

/// Keeps data keys, so that a client asks KMS once for many messages.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct DataKeyCache(pub(crate) zt_crypto::DataKeyCache);

#[pymethods]
impl DataKeyCache {
    #[new]
    #[pyo3(
        signature = (max_entries=None, max_age=None, max_messages=None, max_bytes=None),
        text_signature = "(max_entries=1000, max_age=300, max_messages=4294967296, \
            max_bytes=9223372036854775807)",
    )]
    fn new(
        max_entries: Option<usize>,
        max_age: Option<Seconds>,
        max_messages: Option<u64>,
        max_bytes: Option<u64>,
    ) -> PyResult<Self> {
        let mut builder = zt_crypto::DataKeyCache::builder();
        if let Some(entries) = max_entries {
            builder = builder.max_entries(entries);
        }
        if let Some(Seconds(age)) = max_age {
            builder = builder.max_age(age);
        }
        if let Some(messages) = max_messages {
            builder = builder.max_messages(messages);
        }
        if let Some(bytes) = max_bytes {
            builder = builder.max_bytes(bytes);
        }
        builder.build().map(Self).map_err(to_py)
    }

    /// What the cache did so far.
    #[getter]
    fn stats(&self) -> CacheStats {
        CacheStats(self.0.stats())
    }

    /// Wipes all data keys.
    fn clear(&self) {
        self.0.clear();
    }

    fn __repr__(&self) -> String {
        let stats = self.0.stats();
        format!("DataKeyCache(entries={}, hits={})", stats.entries, stats.hits)
    }
}

/// What a cache did since it was made.
#[pyclass(frozen, module = "zt.crypto")]
pub(crate) struct CacheStats(zt_crypto::CacheStats);

#[pymethods]
impl CacheStats {
    /// Look-ups that found a data key, or had waited for one.
    #[getter]
    fn hits(&self) -> u64 {
        self.0.hits
    }

    /// Look-ups that had a data key made or unwrapped.
    #[getter]
    fn misses(&self) -> u64 {
        self.0.misses
    }

    /// Look-ups that had a data key replaced before its time was over.
    #[getter]
    fn refreshes(&self) -> u64 {
        self.0.refreshes
    }

    /// Messages that could not be cached.
    #[getter]
    fn bypassed(&self) -> u64 {
        self.0.bypassed
    }

    /// Calls to KMS that hits would have cost without the cache.
    #[getter]
    fn kms_calls_saved(&self) -> u64 {
        self.0.kms_calls_saved
    }

    /// Data keys held at that moment.
    #[getter]
    fn entries(&self) -> usize {
        self.0.entries
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
