//! The data key cache.

use std::time::Duration;

use napi::Result;
use napi_derive::napi;

use crate::error::failure;

/// Limits of a cache; what is absent has the default of the Rust library.
#[napi(object)]
#[derive(Debug, Default)]
pub struct CacheLimits {
    /// How many data keys are kept.
    pub max_entries: Option<u32>,
    /// How long a data key is used, in seconds.
    pub max_age_seconds: Option<f64>,
    /// How many messages are encrypted under a data key.
    pub max_messages: Option<i64>,
    /// How many bytes of plaintext are.
    pub max_bytes: Option<i64>,
}

/// What a cache did so far.
#[napi(object)]
#[derive(Debug)]
pub struct CacheStats {
    /// Look-ups that found a data key, or had waited for one.
    pub hits: f64,
    /// Look-ups that had a data key made or unwrapped.
    pub misses: f64,
    /// Look-ups that had a data key replaced before its time was over.
    pub refreshes: f64,
    /// Messages that could not be cached.
    pub bypassed: f64,
    /// Calls to KMS that hits would have cost without the cache.
    pub kms_calls_saved: f64,
    /// Data keys held.
    pub entries: u32,
}

/// Keeps data keys.
#[napi]
#[derive(Debug)]
pub struct DataKeyCache {
    pub(crate) inner: zt_crypto::DataKeyCache,
}

#[napi]
impl DataKeyCache {
    /// # Errors
    /// When a limit is out of its range.
    #[napi(constructor)]
    pub fn new(limits: CacheLimits) -> Result<Self> {
        let mut builder = zt_crypto::DataKeyCache::builder();
        if let Some(entries) = limits.max_entries {
            builder = builder.max_entries(usize::try_from(entries).unwrap_or(usize::MAX));
        }
        if let Some(seconds) = limits.max_age_seconds {
            let age = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
            builder = builder.max_age(age);
        }
        if let Some(messages) = limits.max_messages {
            builder = builder.max_messages(u64::try_from(messages).unwrap_or_default());
        }
        if let Some(bytes) = limits.max_bytes {
            builder = builder.max_bytes(u64::try_from(bytes).unwrap_or_default());
        }
        Ok(Self { inner: builder.build().map_err(failure)? })
    }

    /// What the cache did so far.
    #[napi]
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let stats = self.inner.stats();
        CacheStats {
            hits: stats.hits as f64,
            misses: stats.misses as f64,
            refreshes: stats.refreshes as f64,
            bypassed: stats.bypassed as f64,
            kms_calls_saved: stats.kms_calls_saved as f64,
            entries: u32::try_from(stats.entries).unwrap_or(u32::MAX),
        }
    }

    /// Wipes all data keys.
    #[napi]
    pub fn clear(&self) {
        self.inner.clear();
    }
}
